// A dark face for a sheet drawn for light: every colour becomes a pair, of which `--light` or `--dark` picks one.
//
// The dark colour has the same hue and the luminance that keeps the contrast to every other colour as it was:
// contrast is (Y1 + .05) / (Y2 + .05) (WCAG 2.1), so Y + .05 is replaced by its reciprocal, scaled so that white
// becomes PAPER instead of black.

const PAPER = 0.0135;
const TINT = { hue: 187, saturation: 0.16 };
/** What greys are tinted with. */

const KEPT = /\.it-header|\.it-nav|\.it-footer|\.navbar|\.it-brand|\.skiplinks/;
/** Parts that are dark already. */

const NAMED = { white: [255, 255, 255], black: [0, 0, 0] };
const COLOUR = /#[0-9a-f]{3,8}\b|(?:rgb|hsl)a?\([^()]*\)|(?<![-\w])(?:white|black)(?![-\w])/gi;
const TRIPLE = /^\s*([\d.]+),\s*([\d.]+),\s*([\d.]+)\s*$/;
const PICTURE = /url\((["'])data:image\/svg\+xml(?:(?!\1).)*\1\)/gi;
const PAINT = /%23(?:[0-9a-f]{6}|[0-9a-f]{3})\b|(?:rgb|hsl)a?(?:\(|%28)[^()]*?(?:\)|%29)/gi;

/** A PostCSS plugin. */
export function darkPairs() {
  return {
    postcssPlugin: 'dark-pairs',
    Declaration(declaration) {
      if (declaration.parent.seen?.has(declaration) || insidePrint(declaration) || KEPT.test(declaration.parent.selector ?? '')) return;
      const dark = darkened(declaration.prop, declaration.value);
      if (dark === declaration.value) return;
      (declaration.parent.seen ??= new Set()).add(declaration);
      declaration.value = `var(--light, ${declaration.value}) var(--dark, ${dark})`;
    },
  };
}

function insidePrint(node) {
  for (let at = node.parent; at; at = at.parent) if (at.type === 'atrule' && /print|forced-colors/.test(at.params)) return true;
  return false;
}

function darkened(property, value) {
  if (value.includes('var(--light')) return value;
  const triple = property.endsWith('-rgb') && TRIPLE.exec(value);
  if (triple) return inverted(triple.slice(1).map(Number)).map(Math.round).join(', ');
  const painted = value.replaceAll(PICTURE, (url) => url.replaceAll(PAINT, repainted));
  if (value.includes('url(')) return painted;
  return value.replaceAll(COLOUR, (text) => {
    const colour = parsed(text);
    // A shadow stays one: only what is opaque draws a line.
    if (!colour || (property === 'box-shadow' && colour.alpha < 1)) return text;
    const hex = hexOf(inverted(colour.rgb));
    return colour.alpha === 1 ? `#${hex}` : `rgb(${inverted(colour.rgb).map(Math.round).join(' ')} / ${colour.alpha})`;
  });
}

/** A colour as the address of a picture has it. */
function repainted(text) {
  const colour = parsed(text.replace('%23', '#').replace('%28', '(').replace('%29', ')').replaceAll('%%', '%'));
  return colour ? `%23${hexOf(inverted(colour.rgb))}` : text;
}

function parsed(text) {
  const lower = text.toLowerCase();
  if (NAMED[lower]) return { rgb: NAMED[lower], alpha: 1 };
  if (lower.startsWith('#')) return ofHex(lower.slice(1));
  const numbers = lower.slice(lower.indexOf('(') + 1, -1).split(/[\s,/]+/).filter(Boolean);
  if (numbers.some((part) => Number.isNaN(Number.parseFloat(part)))) return null;
  const [a, b, c, alpha = '1'] = numbers;
  const values = [a, b, c].map(Number.parseFloat);
  const opacity = alpha.endsWith('%') ? Number.parseFloat(alpha) / 100 : Number.parseFloat(alpha);
  return { rgb: lower.startsWith('hsl') ? ofHsl(values[0], values[1] / 100, values[2] / 100) : values, alpha: opacity };
}

function ofHex(hex) {
  const full = hex.length < 6 ? [...hex].map((digit) => digit + digit).join('') : hex;
  const bytes = full.match(/../g).map((byte) => Number.parseInt(byte, 16));
  return { rgb: bytes.slice(0, 3), alpha: bytes.length > 3 ? bytes[3] / 255 : 1 };
}

function ofHsl(hue, saturation, lightness) {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((offset) => {
    const turn = (offset + hue / 30) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(turn - 3, 9 - turn, 1)));
  });
}

function hueAndSaturation(rgb) {
  const [r, g, b] = rgb.map((value) => value / 255);
  const most = Math.max(r, g, b);
  const least = Math.min(r, g, b);
  const spread = most - least;
  if (spread < 0.012) return TINT;
  const turn = most === r ? ((g - b) / spread) % 6 : most === g ? (b - r) / spread + 2 : (r - g) / spread + 4;
  const lightness = (most + least) / 2;
  return { hue: (turn * 60 + 360) % 360, saturation: Math.min(0.75, spread / (1 - Math.abs(2 * lightness - 1))) };
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour of the same hue whose contrasts in the dark are those of `rgb` in the light. */
export function inverted(rgb) {
  const wanted = (1.05 * (PAPER + 0.05)) / (luminance(rgb) + 0.05) - 0.05;
  const { hue, saturation } = hueAndSaturation(rgb);
  let [low, high] = [0, 1];
  for (let step = 0; step < 24; step += 1) {
    const middle = (low + high) / 2;
    if (luminance(ofHsl(hue, saturation, middle)) < wanted) low = middle;
    else high = middle;
  }
  return ofHsl(hue, saturation, high);
}

function hexOf(rgb) {
  return rgb.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('');
}
