import { UserError } from '../shared/errors.ts';
import { isObject } from './json-schema.ts';
import { type SimulatorOptions, simulatorOptions } from './options.ts';

/** The options in force. Read at each call: they may have changed since the last one. */
export interface Settings {
  readonly current: Readonly<SimulatorOptions>;
  /**
   * Sets the options that are named, from now on: see `OptionChanges`, which is checked. Throws a UserError for what is not
   * usable, and then nothing has changed.
   */
  change(changes: unknown): void;
}

/** What the server was built with. */
const FIXED = ['seed', 'host', 'port', 'names', 'windowMs'] as const satisfies (keyof SimulatorOptions)[];
type Changeable = Omit<SimulatorOptions, (typeof FIXED)[number]>;

/** null takes an option back to its default, which for a limit and the key is none. */
export type OptionChanges = { readonly [name in keyof Changeable]?: Changeable[name] | null };

export function createSettings(given: Partial<SimulatorOptions>): Settings {
  let current = simulatorOptions(given);
  return {
    get current() {
      return current;
    },
    change(changes) {
      if (!isObject(changes))
        throw new UserError(
          'The changes are not usable: expected a JSON object of options. Example: {"rpm": 300, "faults": {"quota": 1}}',
        );
      const fixed = FIXED.filter((name) => Object.hasOwn(changes, name));
      if (fixed.length > 0)
        throw new UserError(
          `The simulator's options are not usable. ${fixed.join(', ')}: can not be changed while it runs; start another simulator`,
        );
      const next = Object.entries({ ...current, ...changes }).filter(([, value]) => value !== null);
      current = simulatorOptions(Object.fromEntries(next));
    },
  };
}
