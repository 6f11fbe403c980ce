// Builds `webui/static/vendor` from what npm fetched: the design system's sheet, its fonts, the icons in use, and scripts;
// and `data/fonts`, the letters of printed collections.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postcss from 'postcss';
import * as sass from 'sass';
import { darkPairs } from './dark.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const ITALIA = join(MODULES, 'bootstrap-italia');
const TARGET = join(ROOT, 'webui', 'static', 'vendor');
const TYPEFACE = join(ROOT, 'data', 'fonts');

const FONTS = { 400: 'regular', 600: '600', 700: '700' };
const SCRIPTS = {
  'htmx.js': 'htmx.org/dist/htmx.min.js',
  'leaflet.js': 'leaflet/dist/leaflet.js',
  'leaflet.markercluster.js': 'leaflet.markercluster/dist/leaflet.markercluster.js',
};
const MAP_SHEETS = ['leaflet/dist/leaflet.css', 'leaflet.markercluster/dist/MarkerCluster.css'];
const LICENCES = {
  'bootstrap-italia': 'LICENSE',
  'htmx.org': 'LICENSE',
  leaflet: 'LICENSE',
  'leaflet.markercluster': 'MIT-LICENCE.txt',
  'pdfjs-dist': 'LICENSE',
};
/** Name of each package whose code is shipped → the file of its terms. */
const PDF = {
  'pdf.mjs': 'legacy/build/pdf.min.mjs',
  'pdf.worker.mjs': 'legacy/build/pdf.worker.min.mjs',
  cmaps: 'cmaps',
  fonts: 'standard_fonts',
  // Pictures in JPEG 2000 without WebAssembly, which the site's policy does not let run.
  'decoders/openjpeg_nowasm_fallback.js': 'wasm/openjpeg_nowasm_fallback.js',
  'decoders/LICENSE_OPENJPEG': 'wasm/LICENSE_OPENJPEG',
  'decoders/LICENSE_PDFJS_OPENJPEG': 'wasm/LICENSE_PDFJS_OPENJPEG',
};
/** What draws PDFs: name in `vendor/pdfjs` → path in the package. */

function sheet() {
  const silenced = ['import', 'global-builtin', 'color-functions', 'if-function', 'legacy-js-api'];
  const options = { loadPaths: [MODULES], style: 'compressed', quietDeps: true, silenceDeprecations: silenced, logger: sass.Logger.silent };
  const light = sass.compile(join(ROOT, 'front', 'italia.scss'), options).css;
  const faces = Object.entries(FONTS).map(
    ([weight]) =>
      `@font-face{font-family:"Titillium Web";font-style:normal;font-weight:${weight};font-display:swap;src:url("titillium-${weight}.woff2") format("woff2")}`,
  );
  return faces.join('') + postcss([darkPairs()]).process(light.replace(/^\uFEFF/, ''), { from: undefined }).css;
}

/** The sheet of the map without the pictures that it names and no page uses. */
function mapSheet() {
  const whole = postcss.parse(MAP_SHEETS.map((path) => readFileSync(join(MODULES, path), 'utf8')).join('\n'));
  whole.walkDecls((declaration) => { if (declaration.value.includes('url(')) declaration.remove(); });
  return sass.compileString(whole.toString(), { style: 'compressed' }).css;
}

/** A script without the address of its source map, which is not shipped. */
function script(path) {
  return readFileSync(join(MODULES, path), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
}

function templates(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(html|js|py)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

/** The symbols of the design system's sprite that templates name. */
function icons() {
  const named = new Set(templates(join(ROOT, 'webui')).match(/\bit-[a-z0-9-]+/g));
  const symbols = readFileSync(join(ITALIA, 'dist/svg/sprites.svg'), 'utf8').match(/<symbol[^>]*id="[^"]+"[\s\S]*?<\/symbol>/g);
  const kept = symbols.filter((symbol) => named.has(/id="([^"]+)"/.exec(symbol)[1]));
  return `<svg xmlns="http://www.w3.org/2000/svg">${kept.join('')}</svg>\n`;
}

/** Letters for printed collections: Latin, Greek and Cyrillic, which the built-in fonts of PDF do not have. */
function typeface() {
  const source = join(MODULES, 'dejavu-fonts-ttf');
  rmSync(TYPEFACE, { recursive: true, force: true });
  mkdirSync(TYPEFACE, { recursive: true });
  for (const name of ['DejaVuSerif.ttf', 'DejaVuSerif-Bold.ttf']) cpSync(join(source, 'ttf', name), join(TYPEFACE, name));
  cpSync(join(source, 'LICENSE'), join(TYPEFACE, 'LICENSE'));
}

typeface();
rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET, { recursive: true });
writeFileSync(join(TARGET, 'italia.css'), sheet());
writeFileSync(join(TARGET, 'leaflet.css'), mapSheet());
writeFileSync(join(TARGET, 'icons.svg'), icons());
for (const [weight, name] of Object.entries(FONTS)) {
  cpSync(join(ITALIA, `dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-${name}.woff2`), join(TARGET, `titillium-${weight}.woff2`));
}
cpSync(join(ITALIA, 'dist/fonts/Titillium_Web/OFL.txt'), join(TARGET, 'titillium.licence.txt'));
for (const [name, path] of Object.entries(PDF)) cpSync(join(MODULES, 'pdfjs-dist', path), join(TARGET, 'pdfjs', name), { recursive: true });
for (const [name, path] of Object.entries(SCRIPTS)) writeFileSync(join(TARGET, name), script(path));
for (const [name, file] of Object.entries(LICENCES)) cpSync(join(MODULES, name, file), join(TARGET, `${name}.licence.txt`));
writeFileSync(join(TARGET, 'built'), '');
