// The map over its table: points are read from the rows, so both hold the same; the list beside follows what is in view.
'use strict';

(() => {
  const chart = document.getElementById('chart');
  if (!chart || !window.L?.markerClusterGroup) return;

  const LISTED = 50;
  /** Records in the list at a time; nobody reads more before coming nearer. */
  const DEEPEST = { outlines: 10, tiles: 17 };
  const NEAREST_AT_FIRST = 8;
  const NEAR = 7;
  /** How near one comes to a record that is shown by itself. */

  const texts = JSON.parse(chart.dataset.texts);
  const numbers = new Intl.NumberFormat(chart.dataset.lang);
  const filled = (text, n) => text.replace('{n}', numbers.format(n));
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;

  const records = [...document.querySelectorAll('#all tbody tr')].map((row) => {
    const [title, ...rest] = [...row.cells];
    const link = title.querySelector('a');
    return {
      at: L.latLng(Number(row.dataset.lat), Number(row.dataset.lon)),
      kind: row.dataset.kind,
      title: link.textContent,
      lang: title.lang,
      href: link.href,
      about: rest.map((cell) => cell.textContent).filter(Boolean),
      place: rest[1].textContent,
    };
  });

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function quiet(text) {
    return element('span', { className: 'quiet' }, text);
  }

  function linked(record) {
    return element('a', { href: record.href, lang: record.lang }, record.title);
  }

  // --- the map ---------------------------------------------------------------------------------

  chart.hidden = false;
  const tiles = chart.dataset.tiles;
  const map = L.map('map', {
    zoomControl: false,
    maxZoom: tiles ? DEEPEST.tiles : DEEPEST.outlines,
    minZoom: 1,
    maxBounds: [[-75, -200], [86, 200]],
    fadeAnimation: !still,
    zoomAnimation: !still,
    markerZoomAnimation: !still,
    inertia: !still,
  });
  map.getContainer().setAttribute('role', 'region');
  map.getContainer().setAttribute('aria-label', texts.map);
  map.attributionControl.setPrefix('<a href="https://leafletjs.com" rel="noopener external">Leaflet</a>');
  L.control.zoom({ zoomInTitle: texts.zoomIn, zoomOutTitle: texts.zoomOut }).addTo(map);

  const sources = element('span', {}, chart.dataset.sources).innerHTML;
  if (tiles) {
    L.tileLayer(tiles, { attribution: sources }).addTo(map);
  } else {
    map.attributionControl.addAttribution(sources);
    fetch(chart.dataset.outlines)
      .then((answer) => answer.json())
      .then((outlines) => {
        const style = (feature) => ({ className: `land ${feature.properties.layer}`, weight: 1, fillOpacity: 1 });
        L.geoJSON(outlines, { interactive: false, style }).addTo(map);
      });
  }

  // --- points and clusters ----------------------------------------------------------------------

  const clusters = L.markerClusterGroup({
    maxClusterRadius: 44,
    showCoverageOnHover: false,
    animate: !still,
    spiderLegPolylineOptions: { className: 'leg', weight: 1.5 },
    iconCreateFunction(cluster) {
      const count = cluster.getChildCount();
      const size = count < 10 ? 36 : count < 100 ? 44 : 52;
      const html = element('span', {}, element('span', { ariaHidden: 'true' }, numbers.format(count)), quiet(filled(texts.cluster, count)));
      return L.divIcon({ className: 'cluster', html, iconSize: [size, size] });
    },
  });

  for (const record of records) {
    const html = quiet([record.title, record.place].filter(Boolean).join(', '));
    html.lang = record.lang;
    record.marker = L.marker(record.at, { icon: L.divIcon({ className: `pin ${record.kind}`, html, iconSize: [26, 26] }) });
    record.marker.bindPopup(
      () => element('div', {}, element('p', { className: 'title' }, linked(record)), element('p', { className: 'facts-of' }, record.about.join(' · '))),
      { minWidth: 180, maxWidth: 280 },
    );
    record.marker.on('popupopen', ({ popup }) => popup.getElement().querySelector('.leaflet-popup-close-button').setAttribute('aria-label', texts.close));
  }
  clusters.addLayers(records.map((record) => record.marker));
  map.addLayer(clusters);

  function fit() {
    map.fitBounds(L.latLngBounds(records.map((record) => record.at)), { padding: [30, 30], maxZoom: NEAREST_AT_FIRST, animate: false });
  }

  // --- by keyboard -------------------------------------------------------------------------------

  const focusOf = (marker) => clusters.getVisibleParent(marker)?.getElement()?.focus();
  let pressed = false;

  map.getContainer().addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      const marker = records.find((record) => record.marker.isPopupOpen())?.marker;
      map.closePopup();
      if (marker) focusOf(marker);
    }
    if ((event.key === 'Enter' || event.key === ' ') && event.target.classList.contains('leaflet-marker-icon')) {
      event.preventDefault();
      pressed = true;
      event.target.click();
      pressed = false;
    }
  });

  clusters.on('clusterclick', ({ layer }) => {
    if (!pressed) return;
    const [first] = layer.getAllChildMarkers();
    let done = false;
    const go = () => {
      if (done) return;
      done = true;
      // The plug-in redraws after its own listeners have run.
      setTimeout(() => focusOf(first), 0);
    };
    map.once('moveend', go);
    clusters.once('spiderfied', go);
    clusters.once('animationend', () => setTimeout(() => { if (document.activeElement === document.body) focusOf(first); }, 0));
  });

  map.on('popupopen', ({ popup }) => {
    if (pressed) popup.getElement().querySelector('a').focus();
  });

  // --- the list beside ----------------------------------------------------------------------------

  const list = document.getElementById('seen-list');
  const count = document.getElementById('seen-count');

  function item(record) {
    const show = element('button', { type: 'button', className: 'btn btn-link btn-sm' }, texts.show, quiet(record.title));
    show.addEventListener('click', () => {
      map.once('moveend', () => setTimeout(() => clusters.zoomToShowLayer(record.marker, () => {
        record.marker.openPopup();
        record.marker.getPopup().getElement()?.querySelector('a').focus();
      }), 0));
      map.setView(record.at, Math.max(map.getZoom(), NEAR), { animate: !still });
    });
    return element('li', {}, linked(record), element('span', { className: 'facts-of' }, record.about.join(' · ')), show);
  }

  function follow() {
    const bounds = map.getBounds();
    const seen = records.filter((record) => bounds.contains(record.at));
    // Whoever is about to use the list keeps it: it is made anew only when it would be another one.
    const key = seen.map((record) => record.href).join();
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(...seen.slice(0, LISTED).map(item));
    const told = seen.length ? filled(seen.length === 1 ? texts.seen.one : texts.seen.other, seen.length) : texts.nothing;
    count.textContent = seen.length > LISTED ? `${told} ${filled(texts.cut, LISTED)}` : told;
  }

  map.on('moveend', follow);
  fit();
  follow();
  document.getElementById('all').open = false;
})();
