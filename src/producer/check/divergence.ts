/** What a check finds: two places of a simulation, or of a file and Redis, that do not say the same. */
export interface Divergence {
  readonly kind: DivergenceKind;
  /** Of a name, the population that its entry names, whether there is one or not. */
  readonly population: string;
  readonly slot?: number;
  /** For people: what was expected, and what is there. */
  readonly detail: string;
}

export const DivergenceKind = {
  /** A committed slot has no result, and no export has pruned it. */
  resultMissing: 'result-missing',
  /** A result lies in a slot that is not committed. */
  resultUncommitted: 'result-uncommitted',
  /** A result that this release cannot read. */
  resultUnreadable: 'result-unreadable',
  /** The name of a result belongs to another slot, or to nobody. */
  nameNotOwned: 'name-not-owned',
  /** A committed slot owns no name. */
  nameless: 'nameless',
  /** A committed slot owns two names. */
  secondName: 'second-name',
  /** A name is taken for a slot that is neither committed nor being generated. */
  strandedName: 'stranded-name',
  /** A slot is committed and failed at once, or lies beyond the population's end. */
  slotState: 'slot-state',
  /** A failed slot has no reason, or a reason has no failed slot. */
  failureRecord: 'failure-record',
  /** A counter is not what there is to count. */
  counter: 'counter',
  /** The population's state is not what its slots say. */
  populationState: 'population-state',
  /** A file has a person whose slot is open: Redis has lost the commit. */
  commitLost: 'commit-lost',
  /** A file has another person than Redis for a slot. */
  personDiffers: 'person-differs',
  /** A person who was pruned to a file is not in it: nobody has them any more. */
  prunedMissing: 'pruned-missing',
  /** A file has a slot twice. */
  slotTwice: 'slot-twice',
} as const;
export type DivergenceKind = (typeof DivergenceKind)[keyof typeof DivergenceKind];
