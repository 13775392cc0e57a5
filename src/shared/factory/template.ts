import { readFileSync } from 'node:fs';
import Mustache from 'mustache';

/** Values of one template: texts, and lists of objects of texts for sections. An empty text or list closes a section. */
export type TemplateView = Readonly<Record<string, string | readonly Readonly<Record<string, string>>[]>>;

export interface Template {
  /** Throws TypeError naming the tag when the view does not supply one of the template's tags as its own key. */
  render(view: TemplateView): string;
}

/** What Mustache's parser yields: a symbol, a name or text, offsets, and for sections the tokens inside. */
type Token = readonly [symbol: string, text: string, start: number, end: number, inner?: readonly Token[]];

const asIs = String;

export function loadTemplate(url: URL): Template {
  return compileTemplate(readFileSync(url, 'utf8'), url.pathname.split('/').at(-1) ?? url.href);
}

/**
 * Compiles a Mustache template for prompts, in which three habits of Mustache would do harm:
 * it escapes HTML (`O'Brien` becomes `O&#39;Brien`), renders unknown tags as nothing, and finds
 * `{{constructor}}` through the prototype. Here values are inserted as they are, every tag must be an own key of the
 * view, and views have no prototype. Values are never parsed as templates themselves. Partials, dotted names and
 * changed delimiters are refused on compilation (TypeError), because the check could not see through them.
 */
export function compileTemplate(source: string, name: string): Template {
  // A writer of its own keeps the parsed template; Mustache's default one is shared by the whole process.
  const writer = new Mustache.Writer();
  const tokens: readonly Token[] = writer.parse(source);
  refuseUnsupported(tokens, name);
  return {
    render(view) {
      const scope = withoutPrototype(view);
      checkTags(tokens, [scope], name);
      return writer.render(source, scope, undefined, { escape: asIs });
    },
  };
}

function refuseUnsupported(tokens: readonly Token[], name: string): void {
  for (const [symbol, text, , , inner] of tokens) {
    if (symbol === '>' || symbol === '=' || (symbol !== 'text' && symbol !== '!' && text.includes('.'))) {
      throw new TypeError(
        `template ${name}: the tag {{${symbol === 'name' ? '' : symbol}${text}}} is not supported`,
      );
    }
    if (inner) refuseUnsupported(inner, name);
  }
}

type Scope = Record<string, unknown>;

function checkTags(tokens: readonly Token[], scopes: readonly Scope[], name: string): void {
  for (const [symbol, text, , , inner] of tokens) {
    if (symbol === 'text' || symbol === '!') continue;
    const scope = scopes.find((candidate) => text in candidate);
    if (scope === undefined)
      throw new TypeError(`template ${name}: the view has no value for the tag {{${text}}}`);
    if (!inner) continue;
    const value = scope[text];
    if (symbol === '#' && Array.isArray(value)) {
      for (const item of value) checkTags(inner, [item, ...scopes], name);
    } else checkTags(inner, scopes, name);
  }
}

function withoutPrototype(view: TemplateView): Scope {
  const scope: Scope = Object.assign(Object.create(null), view);
  for (const [key, value] of Object.entries(view)) {
    if (typeof value !== 'string') scope[key] = value.map((item) => Object.assign(Object.create(null), item));
  }
  return scope;
}
