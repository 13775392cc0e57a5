import type { Config } from '../config.ts';
import type { Capabilities } from './capabilities.ts';
import { type ModelEntry, readModelsFile } from './models-file.ts';
import { entryOf, loadPrices, type ModelPrice, type Prices } from './prices.ts';

/** What is known of a model before it is called: from the configuration, its models file, and the price list. */
export interface ModelProfile {
  /** Requests per minute; 0: what the provider says. */
  readonly rpm: number;
  /** Tokens per minute; 0: what the provider says. */
  readonly tpm: number;
  /**
   * Whether the provider charges its token limit with what a call used (`used`), or with what it might have used, for good
   * (`reserved`).
   */
  readonly charge: 'used' | 'reserved';
  /** undefined: not known, and never guessed. */
  readonly price: ModelPrice | undefined;
  /** Room for an answer, in tokens; never more than `maxCompletionTokens`. */
  readonly completionTokens: number;
  /** Room for the second try of an answer that was cut off. */
  readonly maxCompletionTokens: number;
  /** What need not be found out. */
  readonly capabilities: Partial<Capabilities>;
}

export interface ModelProfiles {
  of(model: string): ModelProfile;
  /** The day the price list was put together (ISO 8601). */
  readonly pricesAsOf: string;
}

type ProfileConfig = Pick<
  Config,
  | 'PERSONA_FLEET_RPM'
  | 'PERSONA_FLEET_TPM'
  | 'PERSONA_FLEET_COMPLETION_TOKENS'
  | 'PERSONA_FLEET_MAX_COMPLETION_TOKENS'
>;

/** The entry of the models file that stands for every model which has none of its own. */
const ALL_OTHERS = '*';

/**
 * What is known of models. Reads the models file and the price list, once; throws one UserError for a file that is missing or
 * faulty.
 */
export function loadModelProfiles(
  config: ProfileConfig & Pick<Config, 'PERSONA_FLEET_MODELS'>,
): ModelProfiles {
  const path = config.PERSONA_FLEET_MODELS;
  const entries = path === undefined ? new Map<string, ModelEntry>() : readModelsFile(path);
  return createModelProfiles(config, entries, loadPrices());
}

/** The same of what has been read: an entry wins field by field over the configuration and the price list. */
export function createModelProfiles(
  config: ProfileConfig,
  entries: ReadonlyMap<string, ModelEntry>,
  prices: Prices,
): ModelProfiles {
  return {
    pricesAsOf: prices.asOf,
    of(model) {
      const entry = entryOf(entries, model) ?? entries.get(ALL_OTHERS) ?? {};
      const { rpm, tpm, charge, price, completionTokens, maxCompletionTokens, ...capabilities } = entry;
      const room = completionTokens ?? config.PERSONA_FLEET_COMPLETION_TOKENS;
      // An entry that says only one of the two is right about it.
      const mostRoom =
        maxCompletionTokens ?? Math.max(config.PERSONA_FLEET_MAX_COMPLETION_TOKENS, completionTokens ?? 0);
      return {
        rpm: rpm ?? config.PERSONA_FLEET_RPM,
        tpm: tpm ?? config.PERSONA_FLEET_TPM,
        charge: charge ?? 'used',
        price: price ?? prices.of(model),
        completionTokens: Math.min(room, mostRoom),
        maxCompletionTokens: mostRoom,
        // Read from JSON, which has no undefined.
        capabilities: capabilities as Partial<Capabilities>,
      };
    },
  };
}
