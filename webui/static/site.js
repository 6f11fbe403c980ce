// What every page gains by scripts; without them menus stay open, or open by themselves as <details> do.

const root = document.documentElement;

/** The button that changes between light and dark, remembered on this device only. */
function offerTheme(button) {
  const dark = () => (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const show = () => { button.textContent = dark() ? button.dataset.light : button.dataset.dark; };
  button.addEventListener('click', () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    try { localStorage.setItem('theme', root.dataset.theme); } catch { /* It holds for this page, then. */ }
    show();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  show();
}

/** The list of areas folds away on small screens. */
function foldAreas(opener) {
  opener.addEventListener('click', () => {
    opener.setAttribute('aria-expanded', String(opener.getAttribute('aria-expanded') !== 'true'));
  });
}

/** A menu closes when one goes elsewhere, or with Escape, which leads back to what opened it. */
function closeMenus() {
  const menus = () => document.querySelectorAll('details.menu[open]');
  document.addEventListener('click', (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener('focusin', (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
}

const themes = document.getElementById('theme');
if (themes) offerTheme(themes);
for (const opener of document.querySelectorAll('.areas .opener')) foldAreas(opener);
closeMenus();

/** A record's address on the clipboard, and its page on paper; without scripts the browser's own menu does both. */
function share(row) {
  const told = row.querySelector('[role="status"]');
  for (const button of row.querySelectorAll('[data-copy]')) {
    button.hidden = !navigator.clipboard;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.querySelector('span').textContent = button.dataset.done;
      told.textContent = button.dataset.done;
    });
  }
  for (const button of row.querySelectorAll('[data-print]')) button.addEventListener('click', () => print());
}

for (const row of document.querySelectorAll('.share')) share(row);
