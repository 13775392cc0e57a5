import type { Tracing } from '../shared/telemetry/tracing.ts';
import type { SlotOutcome } from './slot-dependencies.ts';

/** Runs the slots of a population as parts of their job's trace, with how each ended. */
export function createSlotSpans(
  tracing: Pick<Tracing, 'span'>,
  { simulation, population }: { readonly simulation: string; readonly population: string },
): (slot: number, run: () => Promise<SlotOutcome>) => Promise<SlotOutcome> {
  const attributes = { 'persona_fleet.simulation': simulation, 'persona_fleet.population': population };
  return (slot, run) =>
    tracing.span('slot', { attributes: { ...attributes, 'persona_fleet.slot': slot } }, async (span) => {
      const outcome = await run();
      span.add({ 'persona_fleet.outcome': outcome });
      return outcome;
    });
}
