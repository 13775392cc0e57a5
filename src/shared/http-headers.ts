/** As HTTP defines a token (RFC 9110, 5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What a header cannot carry: control characters but the tab, and what is not Latin-1. */
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/u;

/** The HTTP client writes these itself; with others it sends nothing, or what no server can read. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What keeps a text from being the value of a header; undefined when nothing does. Names one character, never the text. */
export function valueFault(value: string): string | undefined {
  const [unfit] = UNFIT.exec(value) ?? [];
  if (unfit === undefined) return undefined;
  const where = `at character ${[...value.slice(0, value.indexOf(unfit))].length + 1}`;
  if (/[\r\n]/.test(unfit)) return `expected what an HTTP header can carry, got a line break ${where}`;
  const code = (unfit.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const quote = /[\u2018-\u201f]/.test(unfit) ? ', a typographic quote,' : '';
  return `expected what an HTTP header can carry, got U+${code}${quote} ${where}`;
}

/** The same of all headers, written as a JSON object of texts. Names may be repeated in messages, values never. */
export function readHeaders(text: string): { readonly headers: Record<string, string> } | { fault: string } {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    return { fault: 'expected a JSON object like {"api-key": "…"}, got what is not JSON' };
  }
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    return { fault: 'expected a JSON object of texts like {"api-key": "…"}, got JSON of another kind' };
  }
  const headers: Record<string, string> = {};
  for (const [index, [name, value]] of Object.entries(written).entries()) {
    if (!NAME.test(name)) return { fault: `entry ${index + 1}: its key is no name of a header` };
    if (RESERVED.has(name.toLowerCase())) return { fault: `${name} must not be set: leave it out` };
    if (typeof value !== 'string') return { fault: `${name}: expected a text in quotes` };
    const fault = valueFault(value);
    if (fault !== undefined) return { fault: `${name}: ${fault}` };
    headers[name] = value;
  }
  return { headers };
}
