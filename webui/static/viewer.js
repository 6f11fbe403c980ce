// The pages of a PDF, one at a time, with the passage that is cited marked in their text. Where it cannot work, the text stays.
import { marks } from './passage.js';

const LIBRARY = new URL('vendor/pdfjs/', import.meta.url).href;
const STEPS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
/** Sizes of a page, 1 being the width there is. */
const WIDEST = 1000;
/** Pixels a page is wide at most unless somebody enlarges it, so that its lines can be followed. */
const MOST_PIXELS = 16_000_000;
const MOST_PAGES = 8;
/** Pages that a passage is looked for on. */

const part = (name) => document.getElementById(name);
const section = part('pages');
const cited = document.querySelector('#text .is-cited');
const labels = JSON.parse(section.dataset.labels);
const said = (name, values = {}) => section.dataset[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);

const state = { pdf: null, number: Number(section.dataset.page), size: 1, turn: 0, task: null, width: 0 };

/** Shows the pages or the text. */
function show(name) {
  for (const button of part('ways').querySelectorAll('button')) button.setAttribute('aria-pressed', String(button.dataset.show === name));
  section.hidden = name !== 'pages';
  part('text').hidden = name !== 'text';
}

/** Keeps in the address what is seen, so that it can be sent to somebody. */
function remember(values) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  history.replaceState(null, '', address);
}

async function open() {
  const library = await import(`${LIBRARY}pdf.mjs`);
  library.GlobalWorkerOptions.workerSrc = `${LIBRARY}pdf.worker.mjs`;
  const pdf = await library.getDocument({
    url: section.dataset.original,
    cMapUrl: `${LIBRARY}cmaps/`,
    standardFontDataUrl: `${LIBRARY}fonts/`,
    wasmUrl: `${LIBRARY}decoders/`,
    // Only what a page needs is fetched, in large pieces: of files whose pages are one flat list all before it is read.
    rangeChunkSize: 1 << 20,
    disableAutoFetch: true,
    disableStream: true,
    // Nothing of a file is ever run.
    isEvalSupported: false,
    useWasm: false,
    useSystemFonts: false,
    verbosity: 0,
  }).promise;
  return { library, pdf };
}

// --- the passage ---------------------------------------------------------------------------------

/** The pages the passage stands on. */
function citedPages() {
  const first = Number(cited?.dataset.from);
  if (!first) return [];
  const last = Math.min(Number(cited.dataset.to) || first, first + MOST_PAGES - 1, state.pdf.numPages);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Page → piece of its text → what to mark there. */
async function search() {
  const pages = citedPages();
  const texts = await Promise.all(pages.map(async (number) => (await (await state.pdf.getPage(number)).getTextContent()).items.map((item) => item.str)));
  const sentence = [...cited.querySelectorAll('.text mark')].map((mark) => mark.textContent).join(' ');
  const found = marks(texts.flat(), cited.querySelector('.text').textContent, sentence);
  const starts = texts.map((_, index) => texts.slice(0, index).reduce((sum, text) => sum + text.length, 0));
  return new Map(
    pages.map((number, index) => [
      number,
      new Map([...found].map(([piece, runs]) => [piece - starts[index], runs]).filter(([piece]) => piece >= 0 && piece < texts[index].length)),
    ]),
  );
}

function mark(element, runs) {
  const text = element.textContent;
  const nodes = [];
  let at = 0;
  for (const [from, to, level] of runs) {
    const marked = document.createElement('mark');
    marked.className = level === 2 ? 'answer' : 'passage';
    marked.textContent = text.slice(from, to);
    nodes.push(text.slice(at, from), marked);
    at = to;
  }
  element.replaceChildren(...nodes, text.slice(at));
}

async function highlight(number, layer) {
  if (!citedPages().includes(number)) return null;
  state.found ??= search();
  const found = (await state.found).get(number);
  layer.textDivs.forEach((element, piece) => found.has(piece) && mark(element, found.get(piece)));
  return found.size > 0;
}

// --- a page --------------------------------------------------------------------------------------

function viewportOf(page) {
  const there = Math.min(part('sheet-box').clientWidth, WIDEST);
  state.width = part('sheet-box').clientWidth;
  return page.getViewport({ scale: (state.size * there) / page.getViewport({ scale: 1 }).width });
}

function canvasFor(viewport) {
  const ratio = Math.min(devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / (viewport.width * viewport.height)));
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(viewport.width * ratio);
  canvas.height = Math.floor(viewport.height * ratio);
  canvas.setAttribute('aria-hidden', 'true');
  return { canvas, transform: ratio === 1 ? null : [ratio, 0, 0, ratio, 0, 0] };
}

function textLayer(viewport, textContentSource) {
  const container = document.createElement('div');
  container.className = 'letters';
  return { container, layer: new state.library.TextLayer({ textContentSource, container, viewport }) };
}

function place(viewport, ...elements) {
  const sheet = part('sheet');
  sheet.style.setProperty('--total-scale-factor', viewport.scale);
  sheet.style.width = `${viewport.width}px`;
  sheet.style.height = `${viewport.height}px`;
  sheet.replaceChildren(...elements);
}

/** Draws the page that is open; of several calls the last one wins. Tells whether the passage is marked, null where it is not expected. */
async function draw() {
  const turn = (state.turn += 1);
  state.task?.cancel();
  const number = state.number;
  const page = await state.pdf.getPage(number);
  const text = await page.getTextContent();
  if (turn !== state.turn) return undefined;
  const viewport = viewportOf(page);
  const { canvas, transform } = canvasFor(viewport);
  const { container, layer } = textLayer(viewport, text);
  place(viewport, canvas, container);
  state.task = page.render({ canvas, viewport, transform });
  await layer.render();
  const marked = await highlight(number, layer);
  await state.task.promise;
  return marked;
}

/** What draws, once more or anew: a page that is left meanwhile is no trouble. */
async function drawn() {
  try {
    return await draw();
  } catch (error) {
    if (error.name !== 'RenderingCancelledException') give(error);
    return undefined;
  }
}

function toMark() {
  const [first] = part('sheet').querySelectorAll('mark');
  first?.scrollIntoView({ block: 'center', inline: 'center' });
  return Boolean(first);
}

/** Which page is open; said before it is drawn, so that what somebody types meanwhile stays. */
function sayPage() {
  const [page, count] = [state.number, state.pdf.numPages];
  const label = labels[page - 1];
  const printed = label && label !== String(page) ? said('sayLabel', { label }) : '';
  part('number').value = page;
  part('printed').textContent = printed;
  part('previous').setAttribute('aria-disabled', String(page === 1));
  part('next').setAttribute('aria-disabled', String(page === count));
  if (part('back')) part('back').hidden = !citedPages().length || citedPages().includes(page);
  // What is seen in the bar anyway is only heard.
  part('told-page').textContent = `${said('sayPage', { page, count })} ${printed}`;
  part('told-passage').textContent = '';
}

function sayPassage(marked) {
  if (marked !== null) part('told-passage').textContent = marked ? said('sayFound') : said('sayLost');
}

async function turnTo(number, { scroll = true } = {}) {
  if (number < 1 || number > state.pdf.numPages || number === state.number) return;
  state.number = number;
  sayPage();
  const marked = await drawn();
  if (marked === undefined) return;
  sayPassage(marked);
  remember({ page: number });
  if (scroll && !toMark()) section.scrollIntoView({ block: 'start' });
}

/** The page somebody typed: its number in the file, else what is printed on it. */
function typed(value) {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= state.pdf.numPages) return number;
  return labels.findIndex((label) => label.toLowerCase() === value.trim().toLowerCase()) + 1;
}

/** The passage stays in sight if it was. */
async function resize(size) {
  const [first] = part('sheet').querySelectorAll('mark');
  const { top } = first?.getBoundingClientRect() ?? { top: -1 };
  state.size = size;
  part('percent').textContent = `${Math.round(100 * size)} %`;
  await drawn();
  if (top >= 0 && top < innerHeight) toMark();
}

const larger = () => resize(STEPS.find((step) => step > state.size) ?? state.size);
const smaller = () => resize(STEPS.findLast((step) => step < state.size) ?? state.size);

// --- hands ---------------------------------------------------------------------------------------

/** Keys of the page itself; what scrolls keeps scrolling while there is something to scroll to. */
function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const box = part('sheet-box');
  const { top, bottom } = box.getBoundingClientRect();
  const fits = box.scrollWidth <= box.clientWidth;
  const turns = {
    PageDown: bottom <= innerHeight + 4 && (() => turnTo(state.number + 1)),
    PageUp: top >= -4 && (() => turnTo(state.number - 1)),
    ArrowRight: fits && (() => turnTo(state.number + 1)),
    ArrowLeft: fits && (() => turnTo(state.number - 1)),
    '+': larger,
    '-': smaller,
    0: () => resize(1),
  };
  if (!turns[event.key]) return;
  event.preventDefault();
  turns[event.key]();
}

function goTyped(event) {
  event.preventDefault();
  const number = typed(part('number').value);
  if (number) turnTo(number);
  else {
    part('told-passage').textContent = said('sayNone');
    part('number').value = state.number;
  }
}

function listen() {
  part('previous').addEventListener('click', () => turnTo(state.number - 1, { scroll: false }));
  part('next').addEventListener('click', () => turnTo(state.number + 1, { scroll: false }));
  part('smaller').addEventListener('click', smaller);
  part('larger').addEventListener('click', larger);
  part('fit').addEventListener('click', () => resize(1));
  part('back')?.addEventListener('click', () => turnTo(citedPages()[0]));
  part('turn').addEventListener('submit', goTyped);
  part('sheet-box').addEventListener('keydown', pressed);
}

/** Draws anew when there is more or less room. */
function watch() {
  let waiting = 0;
  const box = part('sheet-box');
  new ResizeObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => box.clientWidth && box.clientWidth !== state.width && drawn(), 200);
  }).observe(box);
}

/** The text instead of the pages, and why. */
function give(error) {
  console.info('The pages cannot be shown:', error?.message);
  part('ways').hidden = true;
  part('trouble').hidden = false;
  show('text');
  cited?.scrollIntoView({ block: 'center' });
}

async function start() {
  part('ways').hidden = false;
  part('ways').addEventListener('click', async ({ target }) => {
    const name = target.closest('button')?.dataset.show;
    if (!name) return;
    show(name);
    remember({ view: name === 'text' ? 'text' : null, part: null });
    if (name === 'pages') await opened();
    else cited?.scrollIntoView({ block: 'center' });
  });
  show(section.dataset.view);
  if (section.dataset.view === 'pages') await opened();
}

let opening = null;

/** The document at its page, opened when it is first looked at. */
function opened() {
  opening ??= (async () => {
    try {
      Object.assign(state, await open());
      state.number = Math.min(state.number, state.pdf.numPages);
      sayPage();
      listen();
      const marked = await drawn();
      watch();
      // Somebody may have turned the page meanwhile.
      if (marked !== undefined) sayPassage(marked);
      if (marked && toMark()) part('sheet-box').focus({ preventScroll: true });
      section.dataset.ready = 'true';
    } catch (error) {
      give(error);
    }
  })();
  return opening;
}

start();
