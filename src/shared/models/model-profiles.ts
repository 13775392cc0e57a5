import type { Capabilities } from './capabilities.ts';
import type { ModelPrice } from './prices.ts';

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
  /** Room for an answer, in tokens. */
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
