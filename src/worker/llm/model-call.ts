import type { Stoppable } from '../../shared/lifecycle.ts';
import type { CallKind } from '../../shared/limits/accounts.ts';

/** Tokens of one answered request, as the provider counted them. */
export interface Usage {
  readonly promptTokens: number;
  /** Part of `promptTokens`. */
  readonly cachedTokens: number;
  /** Part of `promptTokens`; 0 where the provider does not charge for it. */
  readonly cacheWriteTokens: number;
  /** Reasoning included. */
  readonly completionTokens: number;
}

export interface ModelRequest {
  readonly model: string;
  readonly system: string;
  readonly user: string;
  readonly temperature: number | null;
  readonly schema: { readonly name: string; readonly schema: Record<string, unknown> };
  /** Requests with the same key begin alike: tells the provider's prompt cache what belongs together. */
  readonly cacheKey: string;
  /** An earlier answer was cut off: leave as much room as may be. */
  readonly moreRoom: boolean;
}

export interface ModelAnswer {
  readonly content: string;
  /** The model that answered, as the provider names it. */
  readonly model: string;
  /** The answer comes from the simulator. */
  readonly simulated: boolean;
  readonly usage: Usage;
}

export interface ModelCall {
  /** Whom it is charged to; see `accounts.ts`. */
  readonly account: string;
  readonly kind: CallKind;
  /** What will be sent, but for a name: its tokens are what the call reserves. */
  readonly expected: ModelRequest;
  /**
   * Called once for each permit, when the call may be sent at once: the place to count it durably, and to say what is sent. With
   * undefined nothing is, and what was reserved is given back.
   */
  begin(): Promise<ModelRequest | undefined>;
  /**
   * Called when what was begun has come to nothing and cost nothing: it was not sent in time, the endpoint refused it for something
   * that it can be asked without, or the provider asked for time. It is begun again when it has been let through again, which may
   * take long: a crash until then must not count it.
   */
  takeBack(): Promise<void>;
  /** Hears of the tokens of any answered request, a useless answer included. */
  onUsage(usage: Usage): void;
}

/** `stop()` closes the connections; calls in progress then fail. */
export interface ModelGateway extends Stoppable {
  /** Until when the provider has asked the fleet to wait; a time in the past when it has not. */
  waitingUntilMs(): number;
  /**
   * Waits for rate and budget, begins the call, and makes it. Resolves with undefined when `begin` found nothing to send. Throws ModelCallError with
   * the reaction to its failure, or CallAbortedError. When the reaction is `pause` because of the provider, the fleet is paused already.
   */
  complete(call: ModelCall, signal: AbortSignal): Promise<ModelAnswer | undefined>;
}

/** Thrown when the call was aborted: nothing is known of its outcome, unless it was not even sent. */
export class CallAbortedError extends Error {
  override readonly name = 'CallAbortedError';
  /** false: the provider never heard of it. */
  readonly wasSent: boolean;

  constructor(message: string, options: { wasSent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.wasSent = options.wasSent;
  }
}
