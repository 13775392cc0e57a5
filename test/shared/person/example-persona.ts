import type { Persona } from '../../../src/shared/person/schema.ts';

const sentences = (subject: string, count: number) =>
  Array.from({ length: count }, (_, index) => `You have ${subject} number ${index + 1}.`);

/** A person that has exactly the least of everything; a new object for every caller. */
export function examplePersona(): Persona {
  return {
    name: 'Ama Boateng',
    age: 41,
    gender: 'female',
    nationality: 'Ghanaian',
    residence: 'Takoradi',
    education: 'Junior high school.',
    long_term_goals: sentences('a goal', 3),
    occupation: {
      title: 'seamstress',
      organization: 'her own shop',
      description: 'You sew school uniforms.',
    },
    style: 'Quick and dry.',
    personality: {
      traits: sentences('a trait', 5),
      big_five: {
        openness: 'Medium.',
        conscientiousness: 'High.',
        extraversion: 'Low.',
        agreeableness: 'Medium.',
        neuroticism: 'High.',
      },
    },
    preferences: {
      interests: sentences('an interest', 5),
      likes: sentences('a liking', 5),
      dislikes: sentences('a dislike', 5),
    },
    beliefs: sentences('a belief', 8),
    skills: sentences('a skill', 5),
    behaviors: {
      general: sentences('a habit', 5),
      routines: {
        morning: sentences('a morning', 2),
        workday: sentences('a workday', 2),
        evening: sentences('an evening', 2),
        weekend: sentences('a weekend', 2),
      },
    },
    health: 'Good.',
    relationships: ['Kofi', 'Esi', 'Yaw'].map((name) => ({ name, description: 'A neighbour.' })),
    other_facts: sentences('a fact', 5),
  };
}
