// Collects records to compare while one reads lists: links become buttons, and the switch leads to all that are chosen.
'use strict';

(() => {
  const MOST = 4;
  const KEY = 'compare';
  const switched = document.querySelector('.views a[data-chosen]');
  const buttons = [];

  function chosen() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    } catch {
      return [];
    }
  }

  function keep(ids) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(ids));
    } catch {
      // Nothing is kept, then; the links would have led there too.
    }
  }

  function show() {
    const ids = chosen();
    for (const button of buttons) {
      const on = ids.includes(button.dataset.compare);
      button.setAttribute('aria-pressed', String(on));
      button.disabled = !on && ids.length >= MOST;
    }
    if (!switched) return;
    const address = new URL(switched.href);
    address.searchParams.delete('record');
    for (const id of ids) address.searchParams.append('record', id);
    switched.href = address;
    switched.textContent = ids.length ? switched.dataset.chosen.replace('{n}', ids.length) : switched.dataset.plain;
  }

  function toggle({ currentTarget }) {
    const id = currentTarget.dataset.compare;
    const ids = chosen();
    keep(ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id].slice(0, MOST));
    show();
  }

  const compared = document.querySelector('[data-compared]');
  if (compared) keep(compared.dataset.compared.split(' ').filter(Boolean));

  const own = document.querySelector('a[data-compare-with]');
  if (own) {
    // The record one reads joins those that were chosen before.
    const others = chosen().filter((id) => id !== own.dataset.compareWith).slice(0, MOST - 1);
    const address = new URL(own.href);
    for (const id of others) address.searchParams.append('record', id);
    own.href = address;
  }

  if (switched) {
    switched.dataset.plain = switched.textContent;
    for (const link of document.querySelectorAll('a[data-compare]')) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'btn btn-link btn-sm';
      button.dataset.compare = link.dataset.compare;
      button.append(...link.childNodes);
      button.addEventListener('click', toggle);
      link.replaceWith(button);
      buttons.push(button);
    }
    // A page that comes back from the browser's memory has to show what was chosen elsewhere since.
    addEventListener('pageshow', show);
    show();
  }
})();
