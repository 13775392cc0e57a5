import { singleLine } from './prompt-text.ts';
import { loadTemplate } from './template.ts';

/** What a repair call asks for. */
export interface RepairRequest {
  /** The person so far, in brief; plain JSON. */
  readonly draft: Readonly<Record<string, unknown>>;
  /** The characteristics that the answer took for something else, by their field. */
  readonly misread: readonly string[];
  readonly parts: readonly {
    readonly path: string;
    readonly contradicts: boolean;
    /** Further entries wanted of a list; undefined: the part is no list and wanted as a whole. */
    readonly entries: number | undefined;
  }[];
}

export type RepairRenderer = (request: RepairRequest) => string;

/** Loads the template of what follows the slot's own prompt in a repair call. */
export function createRepairRenderer(): RepairRenderer {
  const template = loadTemplate(new URL('./prompts/repair.mustache', import.meta.url));
  return ({ draft, misread, parts }) =>
    template
      .render({
        // Escaped, so that no text of the draft can close its block or open another.
        draft: JSON.stringify(draft).replaceAll('<', '\\u003c'),
        misread: singleLine(misread.join(', ')),
        parts: parts.map(({ path, contradicts, entries }) => ({
          path,
          further: entries === undefined ? '' : String(entries),
          anew: entries === undefined ? path : '',
          contradicts: contradicts ? path : '',
        })),
      })
      .trim();
}
