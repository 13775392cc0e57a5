const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim());

export const INTERESTS = lines(`
  Vegetable gardening
  Long-distance walking
  Amateur photography
  Detective novels
  Football
  Home brewing
  Choir singing
  Local history
  Birdwatching
  Board games
  Salsa dancing
  Documentary films
  Cycling
  Ceramics
  Chess
  Street food
  Astronomy
  Jazz records
  Swimming
  Sewing and mending
  Volunteering
  Science podcasts
  Vintage radios
  Camping
  Crossword puzzles
  Basketball
  Watercolour painting
  Learning languages
  Family genealogy
  Karaoke
  Fishing
  Interior decorating
  Political debates
  Yoga
  Model trains
  Baking bread
  Stand-up comedy
  Rock climbing
  Flea markets
  Personal finance
  Old maps
  Theatre`);

export const LIKES = lines(`
  Strong coffee before anyone else is awake.
  The smell of rain on warm streets.
  Handwritten letters.
  Trains that leave on time.
  Sunday lunches that last all afternoon.
  Well-worn tools that fit the hand.
  Songs from the teenage years.
  Neighbours who return favours.
  Open windows in spring.
  Quiet museums on weekdays.
  Fresh bread from the corner bakery.
  Clear instructions.
  Long phone calls with old friends.
  Markets with loud sellers.
  Films with unhappy endings.
  Swimming in cold water.
  Children who ask difficult questions.
  A tidy desk at the end of the day.
  Spicy soup on cold evenings.
  Second-hand bookshops.
  Winning at cards by a single point.
  Cats, but not other people's dogs.
  Early nights and early mornings.
  Shops where people know your name.
  Maps on paper.
  Thunderstorms seen from indoors.
  Shoes that can be repaired.
  Honest compliments.
  Old family recipes.
  Walking home the long way.
  Music played by people, not machines.
  Fixing things that others throw away.
  Football on the radio.
  A full fridge before a holiday.
  Watching the sea without talking.
  Dark chocolate with salt.`);

export const DISLIKES = lines(`
  People who are late without a word.
  Loud phone calls on the bus.
  Meetings that could have been a message.
  Being told to relax.
  Food that is sweet and salty at once.
  Waste of any kind.
  Fine print.
  Jokes at someone else's expense.
  Shopping centres on Saturdays.
  Plastic wrapping.
  Small talk about the weather.
  Being photographed.
  Empty promises from politicians.
  Cold coffee.
  Queues that do not move.
  Gossip about colleagues.
  Surprise visits.
  Passwords that must be changed every month.
  Bright white light in the evening.
  Advertising that pretends to be advice.
  Heavy traffic before breakfast.
  Unfinished repairs.
  Being interrupted while reading.
  Restaurants with music that is too loud.
  Winter mornings without sun.
  Borrowed things that never come back.
  Arguments about money.
  Instructions without pictures.
  Crowded beaches.
  People who never say thank you.
  Overripe bananas.
  Careless driving near schools.`);

export const BELIEFS = lines(`
  A person's word should be enough.
  Hard work matters, but luck decides more than people admit.
  Public hospitals are worth paying taxes for.
  Most quarrels start with tiredness.
  Children learn more from what we do than from what we say.
  Nobody should have to choose between rent and food.
  Good neighbours are worth more than a big house.
  Technology should serve people, not the other way round.
  It is better to repair than to replace.
  Old people deserve to be listened to.
  Everyone should learn to cook at least five meals.
  Small businesses are the heart of a town.
  Being kind is harder than being clever.
  Newspapers are needed even when they are wrong.
  Saving a little every month keeps worries away.
  Nature recovers when we leave it alone.
  Tradition is worth keeping when it brings people together.
  A country is judged by how it treats its weakest.
  Privacy matters even with nothing to hide.
  Rules should be few and kept by everyone.
  Sport teaches how to lose.
  Friends are the family that we choose.
  Education opens doors that money cannot.
  People can change, but slowly.
  Honest criticism is a form of respect.
  Rest is part of the work.
  A city should be made for those who walk.
  Debt is a chain, however light it looks.
  Faith is a private matter.
  Success without health is worth little.
  Immigrants make a place richer in every way.
  Voting is a duty, not only a right.
  Animals feel more than we think.
  Work should not follow anyone home.
  One good teacher can change a life.
  Bad news is best told early.`);

export const BELIEF_TOPICS = lines(`
  Climate change
  Good manners
  Public transport
  Money
  Mental health
  Cooking
  First aid
  Local history
  Healthy food
  Housing
  Science
  Music`);

export const BELIEF_VERDICTS = lines(`
  deserves more attention than it gets.
  should be taught properly at school.
  is discussed too much by people who know too little.
  concerns everyone, whatever their age.
  matters more with every passing year.
  is simpler than experts make it sound.
  shows what a society really values.`);

export const TRAITS = lines(`
  patient with people and impatient with machines
  quick to laugh, slow to forgive
  careful with money and generous with time
  curious about how things work
  direct, sometimes too direct
  calm in a crisis and nervous before a holiday
  stubborn about small things
  a good listener who rarely gives advice
  restless when there is nothing to do
  warm with friends and reserved with strangers
  sceptical of anything that sounds too easy
  proud of doing a job properly
  easily moved by music
  competitive even in friendly games
  forgetful about birthdays, never about promises
  more practical than romantic
  fond of plans and lists
  playful in a dry, quiet way
  protective of the people close by
  quietly ambitious
  optimistic on most mornings
  sensitive to criticism, though it rarely shows
  loyal to a fault
  happier in company than alone
  independent and slow to ask for help
  thoughtful before speaking
  spontaneous about travel, cautious about everything else
  tidy at work and messy at home
  talkative when the subject is right
  modest about real achievements`);

export const HABITS = lines(`
  Writes shopping lists on the back of old receipts.
  Hums while concentrating.
  Arrives ten minutes early everywhere.
  Checks the door twice before leaving.
  Answers messages only at set times of the day.
  Tells the same three stories at parties, better every time.
  Keeps a notebook of things to look up later.
  Apologises even when others are at fault.
  Takes the stairs whenever there are fewer than six floors.
  Talks to plants, pets and the kettle.
  Reads reviews for an hour before buying anything.
  Always carries a spare umbrella.
  Makes tea before any difficult conversation.
  Asks strangers for directions instead of using a phone.
  Taps a pen when thinking.
  Saves string, jars and wrapping paper.
  Avoids arguments, then brings them up days later.
  Remembers what everyone drinks.
  Speaks faster when excited.
  Double-checks other people's arithmetic.
  Gives nicknames to colleagues.
  Walks around while on the phone.
  Leaves generous tips.
  Reads the last page first.
  Turns off lights in empty rooms, at home and elsewhere.
  Looks people in the eye when listening.
  Goes quiet when something is wrong.
  Plans holidays a year ahead.
  Laughs before reaching the end of a joke.
  Sends photographs of the sky to friends.`);

export const BREAKFASTS = lines(`
  toast and coffee
  porridge with fruit
  yesterday's leftovers
  tea and two biscuits
  eggs and bread
  yoghurt with nuts
  only black coffee`);

export const EVENINGS = lines(`
  Cooks dinner while listening to the news.
  Calls a relative to talk over the day.
  Reads for half an hour before bed.
  Takes a slow walk around the neighbourhood.
  Watches one episode of a series, rarely two.
  Prepares lunch for the next day.
  Goes to bed shortly after ten.
  Waters the plants on the balcony.
  Helps with homework at the kitchen table.
  Stretches for ten minutes to loosen the back.
  Writes three lines in a diary.
  Plays cards with the neighbours.`);

export const WEEKENDS = lines(`
  Visits the market early on Saturday.
  Has a long lunch with family on Sunday.
  Cleans the flat with the radio turned up.
  Meets friends for coffee or a match.
  Takes a day trip when the weather allows.
  Sleeps an hour longer than usual.
  Repairs whatever broke during the week.
  Cooks for the coming week in one go.
  Goes to the cinema or borrows a film.
  Does the accounts and pays the bills.
  Visits an older relative with cake.
  Spends an afternoon without the phone.`);

/** Who someone is to the person, with the sex that the word says. */
export const KINSHIPS: readonly (readonly [kinship: string, sex?: 'female' | 'male'])[] = [
  ['Older sister', 'female'],
  ['Younger brother', 'male'],
  ['Mother', 'female'],
  ['Father', 'male'],
  ['Cousin'],
  ['Oldest friend'],
  ['Former flatmate'],
  ['Colleague'],
  ['Neighbour'],
  ['Aunt', 'female'],
  ['Uncle', 'male'],
  ['Former teacher'],
  ['Mentor'],
  ['Teammate'],
];

export const BONDS = lines(`
  they speak on the phone every Sunday and disagree about politics.
  they share meals, worries and the occasional loan.
  they have drifted apart, but meet every winter.
  the first person to call when something goes wrong.
  they argue about everything and forgive quickly.
  they go walking together on most Saturdays.
  they have an old quarrel about money that neither mentions.
  they trust each other with spare keys and secrets.
  they see each other at work and rarely elsewhere.
  they laugh at the same things and fear the same bills.
  they exchange books and recipes by post.
  they helped each other through a difficult year.`);

export const HEALTH = lines(`
  Generally healthy
  In good shape for the age
  Healthy apart from an old knee injury
  Mostly well, with high blood pressure under control
  Healthy, though often short of sleep
  Lives well with mild asthma
  Fit after giving up smoking some years ago`);

export const HEALTH_NOTES = lines(`
  Wears glasses for reading and forgets them everywhere.
  Has hay fever every spring.
  Gets tension headaches after long days on screens.
  Avoids milk because it does not agree with the stomach.
  Walks most days instead of going to a gym.
  Postpones the dentist for as long as possible.
  Takes vitamin D in winter and believes it helps.
  Sleeps badly before important days.`);

export const OTHER_FACTS = lines(`
  Once won a regional prize and never mentions it.
  Still keeps the first pay slip in a drawer.
  Was the first in the family to travel by plane.
  Has lived in the same street for more than ten years.
  Broke an arm as a child by jumping off a garage.
  Can name every railway station between home and work.
  Gave up meat for a year and came back to it on holidays.
  Was nearly named after a great-grandparent.
  Has a scar from a bicycle accident and three versions of how it happened.
  Donates blood twice a year.
  Plays the same lottery numbers every week.
  Learned to swim as an adult.
  Keeps every concert ticket in a shoebox.
  Once shared a long taxi ride with a minor celebrity.
  Owns more books than shelves.
  Failed the driving test twice before passing.
  Votes in every election, however small.
  Speaks a second language well enough to argue in it.
  Grew up above a shop.
  Has never broken a promise to a child.`);

export const VOICES = lines(`
  speaks calmly and chooses words with care
  talks fast, with many gestures and half-finished sentences
  is brief and plain, and dislikes long explanations
  tells stories instead of giving answers
  sounds formal at first and warms up quickly
  jokes to soften serious points
  asks more questions than others expect
  speaks softly, but does not give way`);

export const MANNERS = lines(`
  uses proverbs that nobody else remembers
  avoids jargon even at work
  swears only when alone
  writes messages in full sentences
  pauses before disagreeing
  repeats the important part twice
  switches to dialect when excited
  notices when someone has been left out`);

export const GOALS = lines(`
  Pay off the flat within the next ten years.
  See the children of the family finish school.
  Travel for three months without a return ticket.
  Spend more time with ageing parents.
  Open a small place of one's own one day.
  Learn a language well enough to read novels in it.
  Stay healthy and independent into old age.
  Run a half marathon before the next big birthday.
  Leave something useful behind for the neighbourhood.
  Move somewhere with a garden.
  Write down the family's stories before they are lost.
  Save enough to stop worrying at the end of the month.`);
