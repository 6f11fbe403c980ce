// Finds a passage in the text of the pages it stands on. What is stored of it is cleaned: words are joined over line
// ends, running heads are gone, ligatures are letters. So only letters and digits are compared, and in runs.

const LETTER = /[\p{L}\p{N}]/u;
const SEED = 12;
/** Letters that two texts must share in a row before it counts: about two words. */
const SURE = 30;
/** A run shorter than this counts only near a longer one. */
const NEAR = 200;
const GAP = 24;
/** Letters between two runs that are taken as part of the passage: a footnote's number, a word told apart. */
const MOST_PLACES = 60;
const ENOUGH = 0.3;
/** Share of the passage that must be found, so that a common phrase is not taken for it. */

/** Letters and digits of some pieces of text, folded, and for each the piece and the offsets it comes from. */
export function letters(pieces) {
  const folded = [];
  const origins = [];
  pieces.forEach((piece, number) => {
    let at = 0;
    for (const char of piece) {
      for (const one of char.normalize('NFKD').toLowerCase()) {
        if (!LETTER.test(one)) continue;
        for (const unit of one.split('')) {
          folded.push(unit);
          origins.push([number, at, at + char.length]);
        }
      }
      at += char.length;
    }
  });
  return { text: folded.join(''), origins };
}

function seeds(text) {
  const places = new Map();
  for (let at = 0; at + SEED <= text.length; at += 1) {
    const seed = text.slice(at, at + SEED);
    const known = places.get(seed);
    if (!known) places.set(seed, [at]);
    else if (known.length < MOST_PLACES) known.push(at);
  }
  return places;
}

function common(one, at, other, start) {
  let length = 0;
  while (at + length < one.length && start + length < other.length && one[at + length] === other[start + length]) length += 1;
  return length;
}

/** The longest run of `wanted` from `at`; of equal ones the nearest to where it is expected. */
function longest(wanted, at, page, starts, expected) {
  let best = null;
  for (const start of starts) {
    const length = common(wanted, at, page, start);
    const away = Math.abs(start - expected);
    if (!best || length > best.length || (length === best.length && away < best.away)) best = { start, length, away };
  }
  return best;
}

function shared(wanted, page) {
  const whole = page.indexOf(wanted);
  if (whole >= 0) return [[whole, whole + wanted.length]];
  const places = seeds(page);
  const found = [];
  let expected = 0;
  for (let at = 0; at + SEED <= wanted.length;) {
    const best = longest(wanted, at, page, places.get(wanted.slice(at, at + SEED)) ?? [], expected);
    if (best) {
      expected = best.start + best.length;
      found.push([best.start, expected]);
    }
    at += best?.length ?? 1;
  }
  return found;
}

function trusted(runs) {
  const long = runs.filter(([from, to]) => to - from >= SURE);
  if (!long.length) return runs;
  return runs.filter(([from, to]) => long.some(([start, end]) => from < end + NEAR && to > start - NEAR));
}

function joined(runs) {
  const sorted = [...runs].sort((one, other) => one[0] - other[0]);
  const whole = [];
  for (const [from, to] of sorted) {
    const last = whole.at(-1);
    if (last && from - last[1] <= GAP) last[1] = Math.max(last[1], to);
    else whole.push([from, to]);
  }
  return whole;
}

/** Where letters stand in the letters of a page, as runs in order; none when too few of them are there. */
export function find(wanted, page) {
  if (!wanted || !page) return [];
  const runs = trusted(shared(wanted, page));
  const count = runs.reduce((sum, [from, to]) => sum + to - from, 0);
  return count >= ENOUGH * wanted.length ? joined(runs) : [];
}

/** The runs of a sentence within those of the passage it belongs to. */
function within(sentence, page, runs) {
  if (!sentence || !runs.length) return [];
  const [first, last] = [runs[0][0], runs.at(-1)[1]];
  return find(sentence, page.slice(first, last)).map(([from, to]) => [from + first, to + first]);
}

/** A mark with the signs that belong to it: all up to a marked letter that follows, else those without a space between. */
function dressed(piece, [from, to, level], next) {
  const before = /[\p{Ps}\p{Pi}"']*$/u.exec(piece.slice(0, from))[0].length;
  const after = /^[^\p{L}\p{N}\s]*/u.exec(piece.slice(to))[0].length;
  return [from - before, next && !LETTER.test(piece.slice(to, next[0])) ? next[0] : to + after, level];
}

/** Letters of one level in a row, by the piece they are in: piece → [[from, to, level], …]. */
function stretches(origins, level) {
  const found = new Map();
  let last = null;
  origins.forEach(([piece, from, to], at) => {
    const goes = last && level[at] === last.level && piece === last.piece;
    if (goes) last.run[1] = to;
    else last = level[at] ? { piece, level: level[at], run: [from, to, level[at]] } : null;
    if (last && !goes) found.set(piece, [...(found.get(piece) ?? []), last.run]);
  });
  return found;
}

/**
 * What to mark in some pieces of text: piece → [[from, to, level], …] in order and apart, level 1 for the passage and 2
 * for the sentence of it that answers.
 */
export function marks(pieces, passage, sentence = '') {
  const { text, origins } = letters(pieces);
  const runs = find(letters([passage]).text, text);
  const level = new Uint8Array(text.length);
  for (const [from, to] of runs) level.fill(1, from, to);
  for (const [from, to] of within(letters([sentence]).text, text, runs)) level.fill(2, from, to);
  const found = stretches(origins, level);
  for (const [piece, marked] of found) {
    const whole = marked.map((one, at) => dressed(pieces[piece], one, marked[at + 1]));
    // What belongs to two marks is the first one's.
    found.set(piece, whole.map(([from, to, degree], at) => [Math.max(from, whole[at - 1]?.[1] ?? 0), to, degree]));
  }
  return found;
}
