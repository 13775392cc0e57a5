import { personaMinimumCounts as minimum, type Persona } from '../../shared/person/schema.ts';

export interface DepthReport {
  readonly field: string;
  /** The least that was asked for. */
  readonly minimum: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  /** People with fewer entries than the minimum. */
  readonly below: number;
}

interface ListField {
  readonly field: string;
  readonly minimum: number;
  readonly length: (persona: Persona) => number;
}

const lists: readonly ListField[] = [
  list('long_term_goals', minimum.longTermGoals, (persona) => persona.long_term_goals),
  list('personality.traits', minimum.traits, (persona) => persona.personality.traits),
  list('preferences.interests', minimum.interests, (persona) => persona.preferences.interests),
  list('preferences.likes', minimum.likes, (persona) => persona.preferences.likes),
  list('preferences.dislikes', minimum.dislikes, (persona) => persona.preferences.dislikes),
  list('beliefs', minimum.beliefs, (persona) => persona.beliefs),
  list('skills', minimum.skills, (persona) => persona.skills),
  list('behaviors.general', minimum.generalBehaviors, (persona) => persona.behaviors.general),
  list('routines.morning', minimum.routines, (persona) => persona.behaviors.routines.morning),
  list('routines.workday', minimum.routines, (persona) => persona.behaviors.routines.workday),
  list('routines.evening', minimum.routines, (persona) => persona.behaviors.routines.evening),
  list('routines.weekend', minimum.routines, (persona) => persona.behaviors.routines.weekend),
  list('relationships', minimum.relationships, (persona) => persona.relationships),
  list('other_facts', minimum.otherFacts, (persona) => persona.other_facts),
];

function list(
  field: string,
  least: number,
  entries: (persona: Persona) => { readonly length: number },
): ListField {
  return { field, minimum: least, length: (persona) => entries(persona).length };
}

/** How many entries people's lists have. `shallow` are the people with any list below its minimum. */
export function createDepthTally(): {
  add(persona: Persona): void;
  report(): { fields: DepthReport[]; shallow: number };
} {
  const tallies = lists.map((field) => ({ ...field, people: 0, sum: 0, min: 0, max: 0, below: 0 }));
  let shallow = 0;
  return {
    add(persona) {
      let isShallow = false;
      for (const tally of tallies) {
        const length = tally.length(persona);
        tally.min = tally.people === 0 ? length : Math.min(tally.min, length);
        tally.max = Math.max(tally.max, length);
        tally.sum += length;
        tally.people += 1;
        if (length < tally.minimum) tally.below += 1;
        isShallow ||= length < tally.minimum;
      }
      if (isShallow) shallow += 1;
    },
    report: () => ({
      shallow,
      fields: tallies.map(({ field, minimum: least, people, sum, min, max, below }) => {
        return { field, minimum: least, min, mean: people === 0 ? 0 : sum / people, max, below };
      }),
    }),
  };
}
