import { createHash } from 'node:crypto';
import { personaMinimumCounts } from '../person/schema.ts';
import type { Characteristics } from '../sampling/dimensions.ts';
import { NamePolicy, type TinyPersonFactoryState } from './person-factory-state.ts';
import { neutraliseFences, singleLine } from './prompt-text.ts';
import { createRepairRenderer, type RepairRequest } from './render-repair.ts';
import { loadTemplate } from './template.ts';

const DIGEST_CHARACTERS = 16;
const NAME_FIELD = 'name';

/** What a population contributes to its prompts. */
export type PromptPopulation = Pick<TinyPersonFactoryState, 'context' | 'agentParticularities' | 'names'>;

export interface PersonPrompt {
  readonly system: string;
  readonly user: string;
  /** 16 hex characters of the SHA-256 of system, a zero byte and user: which prompt made a person. */
  readonly digest: string;
}

export interface SlotParticulars {
  readonly characteristics: Characteristics;
  /** The reserved name. Required with the names policy `reserved`; without one the model chooses. */
  readonly name?: string | undefined;
  /**
   * Asks for parts of the person instead of the whole. It follows the slot's own prompt, word for word, so that a provider
   * which holds that one in its prompt cache need read only the rest.
   */
  readonly repair?: RepairRequest | undefined;
}

export type SlotRenderer = (slot: SlotParticulars) => PersonPrompt;

export interface PromptRenderer {
  /** The system message: the same text for every population, so that the provider's prompt cache holds it. */
  readonly system: string;
  /** Renders what a population's prompts share, once; the slots' prompts then cost only their own lines. */
  forPopulation(population: PromptPopulation): SlotRenderer;
  /** The prompt of one slot. The population's part is kept for as long as the state object lives. */
  renderPersonPrompt(request: SlotParticulars & { readonly state: PromptPopulation }): PersonPrompt;
}

/**
 * Loads the templates, once, and returns the functions that render prompts.
 *
 * The order is the point: static rules first, the population next, the slot last. Providers cache identical
 * prefixes of 1,024 tokens and more; TinyTroupe's prompt varies after its first 405 characters, so that nothing
 * is ever cached.
 */
export function createPromptRenderer(): PromptRenderer {
  const populationTemplate = loadTemplate(new URL('./prompts/population.mustache', import.meta.url));
  const slotTemplate = loadTemplate(new URL('./prompts/slot.mustache', import.meta.url));
  const counts = Object.entries(personaMinimumCounts).map(([key, count]) => [key, String(count)]);
  const system = loadTemplate(new URL('./prompts/system.mustache', import.meta.url))
    .render(Object.fromEntries(counts))
    .trim();
  const renderRepair = createRepairRenderer();
  const renderers = new WeakMap<PromptPopulation, SlotRenderer>();

  function forPopulation(population: PromptPopulation): SlotRenderer {
    const shared = populationTemplate.render({
      context: neutraliseFences(population.context),
      particularities: neutraliseFences(population.agentParticularities ?? ''),
    });
    const hashOfShared = createHash('sha256').update(system).update('\0').update(shared);
    return ({ characteristics, name, repair }) => {
      if (name === undefined && population.names.policy === NamePolicy.reserved) {
        throw new TypeError(
          'expected a reserved name: with the names policy "reserved" no prompt goes without one',
        );
      }
      const person = slotTemplate.render({ lines: characteristicLines(characteristics, name) }).trim();
      const particulars = repair === undefined ? person : `${person}\n\n${renderRepair(repair)}`;
      return {
        system,
        user: shared + particulars,
        digest: hashOfShared.copy().update(particulars).digest('hex').slice(0, DIGEST_CHARACTERS),
      };
    };
  }

  return {
    system,
    forPopulation,
    renderPersonPrompt({ state, ...slot }) {
      let render = renderers.get(state);
      if (render === undefined) {
        render = forPopulation(state);
        renderers.set(state, render);
      }
      return render(slot);
    },
  };
}

/** The name first, then the characteristics in their order. A dimension called "name" yields to a reserved name. */
function characteristicLines(
  characteristics: Characteristics,
  name: string | undefined,
): { field: string; value: string }[] {
  const lines = Object.entries(characteristics).map(([field, value]) => ({
    field: singleLine(field),
    value: singleLine(String(value)),
  }));
  if (name === undefined) return lines;
  const others = lines.filter(({ field }) => field.toLowerCase() !== NAME_FIELD);
  return [{ field: NAME_FIELD, value: singleLine(name) }, ...others];
}
