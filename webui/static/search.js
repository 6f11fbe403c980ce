// Fields that tell what may be meant while somebody types (the editable combobox with a list of the ARIA practices
// guide), and recent searches, which stay on this device. Without scripts they are plain fields.

const RECENT = 'searches';
const KEPT = 6;
const PAUSE = 150;
let lists = 0;

function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(RECENT) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string').slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

function remember(text) {
  const kept = [text, ...recent().filter((one) => one !== text)].slice(0, KEPT);
  try { localStorage.setItem(RECENT, JSON.stringify(kept)); } catch { /* Nothing is kept, then. */ }
}

function forget() {
  try { localStorage.removeItem(RECENT); } catch { /* There was nothing to forget. */ }
}

class Combobox {
  constructor(field) {
    this.field = field;
    this.active = -1;
    this.options = [];
    this.list = document.createElement('ul');
    this.list.className = 'suggestions';
    this.list.id = `suggestions-${lists += 1}`;
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', document.querySelector(`label[for="${field.id}"]`)?.textContent.trim() ?? '');
    this.list.hidden = true;
    this.told = document.createElement('span');
    this.told.className = 'quiet';
    this.told.setAttribute('role', 'status');
    const holder = document.createElement('span');
    holder.className = 'combobox';
    field.replaceWith(holder);
    holder.append(field, this.list, this.told);
    for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-expanded', 'false'], ['aria-controls', this.list.id]]) field.setAttribute(name, value);
    field.addEventListener('input', () => this.wait());
    field.addEventListener('focus', () => { if (!field.value) this.showRecent(); });
    field.addEventListener('keydown', (event) => this.key(event));
    field.addEventListener('blur', () => this.close());
    // The field keeps its focus while an entry is pressed, or the list would be gone before the click.
    this.list.addEventListener('mousedown', (event) => event.preventDefault());
    this.list.addEventListener('click', (event) => this.choose(this.options.indexOf(event.target.closest('li')?.suggestion)));
  }

  wait() {
    clearTimeout(this.timer);
    if (!this.field.value.trim()) {
      this.showRecent();
      return;
    }
    this.timer = setTimeout(() => this.ask(this.field.value), PAUSE);
  }

  async ask(typed) {
    const address = new URL(this.field.dataset.suggest, location.href);
    address.searchParams.set('q', typed);
    address.searchParams.set('lang', document.documentElement.lang);
    try {
      const answer = await fetch(address, { headers: { Accept: 'application/json' } });
      const found = answer.ok ? await answer.json() : [];
      if (this.field.value === typed && document.activeElement === this.field) this.show(found);
    } catch {
      this.close();
    }
  }

  showRecent() {
    const { recent: label, forget: offer } = this.field.dataset;
    const kept = label ? recent() : [];
    this.show([...kept.map((text) => ({ text, kind: label })), ...(kept.length ? [{ text: offer, kind: '', forget: true }] : [])], true);
  }

  show(found, quietly = false) {
    this.options = found;
    this.active = -1;
    this.list.replaceChildren(...found.map((one, position) => this.entry(one, position)));
    this.list.hidden = found.length === 0;
    this.field.setAttribute('aria-expanded', String(found.length > 0));
    this.field.removeAttribute('aria-activedescendant');
    if (!quietly) this.told.textContent = found.length ? `${this.field.dataset.told} ${found.length}` : this.field.dataset.none;
  }

  entry(one, position) {
    const item = document.createElement('li');
    item.id = `${this.list.id}-${position}`;
    item.setAttribute('role', 'option');
    item.setAttribute('aria-selected', 'false');
    item.suggestion = one;
    const text = document.createElement('span');
    text.textContent = one.text;
    if (one.lang && one.lang !== 'und') text.lang = one.lang;
    const kind = document.createElement('span');
    kind.className = 'kind';
    kind.textContent = one.kind;
    item.append(text, ' ', kind);
    return item;
  }

  key(event) {
    if (event.key === 'Escape' && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && this.options.length) {
      event.preventDefault();
      this.move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter' && this.active >= 0) {
      event.preventDefault();
      this.choose(this.active);
    }
  }

  /** One place before the first entry is the field itself. */
  move(step) {
    const places = this.options.length + 1;
    this.active = ((this.active + 1 + step + places) % places) - 1;
    for (const [position, item] of [...this.list.children].entries()) item.setAttribute('aria-selected', String(position === this.active));
    if (this.active < 0) this.field.removeAttribute('aria-activedescendant');
    else {
      this.field.setAttribute('aria-activedescendant', `${this.list.id}-${this.active}`);
      this.list.children[this.active].scrollIntoView({ block: 'nearest' });
    }
  }

  choose(position) {
    const one = this.options[position];
    if (!one) return;
    this.close();
    if (one.forget) {
      forget();
    } else if (one.address) {
      location.assign(one.address);
    } else {
      this.field.value = one.text;
      if (this.field.dataset.recent) this.field.form.requestSubmit();
      else this.field.dispatchEvent(new Event('change', { bubbles: true }));
    }
  }

  close() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.active = -1;
    this.field.setAttribute('aria-expanded', 'false');
    this.field.removeAttribute('aria-activedescendant');
  }
}

function furnish(part) {
  for (const field of part.querySelectorAll('input[data-suggest]:not([role])')) new Combobox(field);
}

furnish(document);
document.addEventListener('submit', (event) => {
  const text = event.target.matches('form.search') && event.target.elements.q?.value.trim();
  if (text) remember(text);
});

// Where a list changes in place: what is new gets its fields, empty parameters stay out of the address, and an
// answer that is no list is shown as the page it is.
document.addEventListener('htmx:load', (event) => furnish(event.detail.elt.parentElement ?? event.detail.elt));
document.addEventListener('htmx:configRequest', (event) => {
  for (const [name, value] of Object.entries(event.detail.parameters)) if (value === '') delete event.detail.parameters[name];
});
document.addEventListener('htmx:responseError', (event) => location.assign(event.detail.pathInfo.finalRequestPath));
document.addEventListener('htmx:sendError', (event) => location.assign(event.detail.pathInfo.finalRequestPath));
