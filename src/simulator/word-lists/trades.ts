/** What a person does all day. Tasks are gerunds, so that skills, routines and descriptions can share them. */
export interface Trade {
  readonly title: string;
  readonly workplaces: readonly string[];
  /** Third person: "keeps the ward running". */
  readonly duty: string;
  readonly tasks: readonly string[];
  readonly study: string;
}

const trade = (title: string, workplaces: string, duty: string, tasks: string, study: string): Trade => ({
  title,
  workplaces: workplaces.split('; '),
  duty,
  tasks: tasks.split('; '),
  study,
});

export const TRADES: readonly Trade[] = [
  trade(
    'nurse',
    'Riverside General Hospital; St. Brigid Clinic; Northgate Medical Centre',
    'looks after patients on a busy surgical ward',
    'checking charts before a shift change; calming anxious families; spotting small changes in a patient; training new colleagues',
    'Degree in nursing',
  ),
  trade(
    'primary school teacher',
    'Willow Lane School; Hillcrest Primary; Old Mill Community School',
    'teaches a class of nine-year-olds and runs the reading club',
    'planning lessons that hold attention; settling playground quarrels; explaining fractions with everyday things; talking with parents',
    'Degree in education',
  ),
  trade(
    'electrician',
    'Brightline Electrical; Harbour & Sons Contractors; own one-van business',
    'rewires old houses and finds faults that others have given up on',
    'tracing faults in old wiring; reading building plans; quoting jobs fairly; explaining safety to customers',
    'Vocational certificate as an electrician',
  ),
  trade(
    'accountant',
    'Fenwick & Lowe Accounting; Meridian Foods; Oakfield Advisory',
    'keeps the books of a dozen small firms in order',
    'closing the books each month; explaining cash flow in plain words; finding errors in long ledgers; preparing tax returns',
    'Degree in accounting',
  ),
  trade(
    'software developer',
    'Lantern Software; Parcelwise; Bluefinch Labs',
    'builds and maintains the booking systems that clinics rely on',
    'reviewing code patiently; tracking down rare bugs; writing clear documentation; breaking big problems into small steps',
    'Degree in computer science',
  ),
  trade(
    'chef',
    'The Copper Ladle; Casa Verde; Bistro Halfmoon',
    'runs the kitchen of a small restaurant with a menu that changes every week',
    'building menus around the season; keeping a kitchen calm at rush hour; tasting and adjusting sauces; training young cooks',
    'Apprenticeship in a hotel kitchen',
  ),
  trade(
    'bus driver',
    'City Transit Authority; Green Line Buses; Metro North Transport',
    'drives the early cross-town route and knows half of the passengers by name',
    'driving smoothly in heavy traffic; staying polite with difficult passengers; keeping to a timetable; checking the vehicle before departure',
    'Secondary school and a professional driving licence',
  ),
  trade(
    'pharmacist',
    'Corner Cross Pharmacy; Wellspring Pharmacy; Central Hospital Pharmacy',
    'checks prescriptions and answers the questions that people forgot to ask the doctor',
    'checking doses and interactions; explaining side effects plainly; keeping accurate stock; listening to worried customers',
    'Degree in pharmacy',
  ),
  trade(
    'farmer',
    'Long Meadow Farm; family farm; Sunridge Growers Cooperative',
    'grows vegetables and keeps a small herd on land that has been in the family for years',
    'reading the weather and the soil; repairing machinery; planning crop rotations; negotiating with buyers',
    'Agricultural college',
  ),
  trade(
    'graphic designer',
    'Studio Parrot; Two Rivers Design; self-employed',
    'designs packaging and posters for local brands',
    'sketching ideas quickly; choosing type and colour; presenting drafts to clients; preparing files for print',
    'Degree in visual communication',
  ),
  trade(
    'civil engineer',
    'Atlas Structures; Regional Roads Office; Bridgewater Engineering',
    'checks the plans and sites of bridges and drainage works',
    'checking load calculations; inspecting building sites; writing clear reports; negotiating with contractors',
    'Degree in civil engineering',
  ),
  trade(
    'hairdresser',
    'Salon Marigold; Scissors & Co.; The Mirror Room',
    'cuts and colours hair in a neighbourhood salon and remembers every story told there',
    'advising on cuts that suit a face; mixing colours; keeping a full appointment book on time; making nervous customers feel at ease',
    'Apprenticeship in hairdressing',
  ),
  trade(
    'social worker',
    'Municipal Family Services; Open Door Foundation; Eastside Community Centre',
    'helps families through housing, school and health troubles',
    'listening without judging; writing case reports; coordinating with schools and doctors; calming heated conversations',
    'Degree in social work',
  ),
  trade(
    'carpenter',
    'Heron Joinery; Timber & Thread; own workshop',
    'builds staircases and fitted furniture to measure',
    'measuring twice and cutting once; choosing timber; restoring old furniture; drawing plans by hand',
    'Apprenticeship in carpentry',
  ),
  trade(
    'sales manager',
    'Clearwater Appliances; Summit Office Supply; Nova Textiles',
    'leads a team that sells to shops in three regions',
    'preparing careful offers; coaching new salespeople; keeping long-standing customers; reading the mood of a meeting',
    'Degree in business administration',
  ),
  trade(
    'journalist',
    'The Daily Courier; Harbour Radio; The Valley Gazette',
    'reports on local politics and everyday life',
    'asking the question behind the question; checking facts twice; writing to a deadline; earning the trust of sources',
    'Degree in journalism',
  ),
  trade(
    'police officer',
    'City Police, 4th Precinct; District Police; County Constabulary',
    'patrols the market district and mediates more quarrels than anyone counts',
    'talking tense people down; writing precise reports; remembering faces; giving first aid',
    'Police academy',
  ),
  trade(
    'physiotherapist',
    'Balance Physiotherapy; Parkside Rehabilitation; Sports Clinic West',
    'helps people walk, lift and run again after injuries',
    'planning exercises people really do; spotting poor posture; motivating tired patients; keeping treatment notes',
    'Degree in physiotherapy',
  ),
  trade(
    'shop owner',
    'the corner grocery; Lamp & Linen; The Paper Boat',
    'runs a small shop, from the orders at dawn to the till at night',
    'choosing stock that sells; keeping regular customers happy; bargaining with suppliers; doing the accounts on Sundays',
    'Secondary school and evening courses in bookkeeping',
  ),
  trade(
    'lawyer',
    'Holm & Partners; Legal Aid Office; Pereira Stone',
    'advises tenants and small employers on disputes and contracts',
    'reading contracts closely; arguing a case calmly; drafting letters that settle disputes; explaining rights in plain words',
    'Law degree',
  ),
  trade(
    'mechanic',
    'Ring Road Garage; Castle Motors; Torque Brothers',
    'repairs cars and vans in an independent garage',
    'diagnosing odd engine noises; explaining repairs honestly; rebuilding gearboxes; keeping tools in order',
    'Vocational certificate in motor mechanics',
  ),
  trade(
    'biologist',
    'Coastal Research Institute; University Museum of Nature; Water Quality Agency',
    'monitors rivers and wetlands and writes the reports that decide what gets built',
    'collecting samples in the field; identifying species; analysing data carefully; explaining results to officials',
    'Degree in biology',
  ),
  trade(
    'musician',
    'City Chamber Orchestra; several wedding bands; Conservatory of Music',
    'plays in an ensemble and gives lessons on weekday afternoons',
    'practising slowly and patiently; sight-reading; teaching beginners; listening closely to others',
    'Conservatory diploma',
  ),
  trade(
    'warehouse worker',
    'Parcelwise Logistics; Harbour Freight Depot; Meridian Distribution',
    'loads, sorts and counts goods on the early shift',
    'driving a forklift safely; keeping accurate counts; working fast without breaking things; planning a full truck',
    'Secondary school',
  ),
  trade(
    'architect',
    'Form & Field Architects; Urban Studio 12; Lindqvist Planning',
    'designs affordable housing and fights for daylight in every room',
    'sketching floor plans; balancing cost and quality; presenting to residents; checking building rules',
    "Master's degree in architecture",
  ),
  trade(
    'cleaner',
    'Sparkle Facility Services; City Hospital; several private homes',
    'cleans offices before anyone else is awake',
    'working through a long list quickly; noticing what needs repair; handling chemicals safely; looking after a whole floor alone',
    'Primary and secondary school',
  ),
  trade(
    'dentist',
    'Smile Point Dental; Market Square Dentistry; University Dental Clinic',
    'runs a practice known for being gentle with anxious patients',
    'working precisely in small spaces; reassuring frightened children; planning treatments; managing a small team',
    'Degree in dentistry',
  ),
  trade(
    'real estate agent',
    'Keystone Homes; Harbour View Properties; Four Walls Agency',
    'shows flats all week and sells more by listening than by talking',
    'matching people with homes; negotiating prices; writing honest listings; handling paperwork',
    'Diploma in real estate',
  ),
  trade(
    'call centre agent',
    'HelloLine Services; Telnova; First Mutual Insurance',
    'answers forty calls a day about bills and contracts',
    'staying friendly on the fortieth call; finding answers fast; typing while listening; calming angry callers',
    'Secondary school',
  ),
  trade(
    'data analyst',
    'Insight Works; National Statistics Office; Meridian Health',
    'turns messy spreadsheets into answers that managers can use',
    'cleaning messy data; drawing honest charts; asking what a number means; automating dull work',
    'Degree in statistics',
  ),
  trade(
    'fisher',
    'Harbour Fishing Cooperative; own boat',
    'goes out before dawn with a small crew and sells at the quay',
    'reading the sea and the sky; mending nets; keeping a crew in good spirits; gutting and icing the catch',
    'Secondary school and a skipper certificate',
  ),
  trade(
    'university student',
    'State University; City Polytechnic; Open University',
    'studies economics and pays the rent with weekend shifts',
    'summarising long texts; preparing for exams in good time; working in groups; explaining ideas to classmates',
    'Secondary school; now in the second year of a degree',
  ),
  trade(
    'retired teacher',
    'retired; volunteers at the public library',
    'taught for thirty-five years and now tutors neighbourhood children',
    'explaining patiently; telling a good story; organising volunteers; keeping order without raising a voice',
    'Teacher training college',
  ),
  trade(
    'retired postal worker',
    'retired; helps at the allotment society',
    'delivered letters for four decades and still knows every street',
    'remembering names and addresses; walking long distances; repairing bicycles; keeping a garden',
    'Secondary school',
  ),
];

const GENERIC_WORKPLACES = 'Meridian Group; Northgate Services; a small local firm; Harbour & Partners';
const GENERIC_TASKS =
  'planning the week ahead; dealing with clients and colleagues; keeping records up to date; solving small problems before they grow';

/** A trade for a title that the list does not know. */
export function genericTrade(title: string): Trade {
  return trade(
    title,
    GENERIC_WORKPLACES,
    'handles the daily work of the role and the surprises that come with it',
    GENERIC_TASKS,
    `Training as ${articleFor(title)} ${title}`,
  );
}

export function articleFor(noun: string): 'a' | 'an' {
  return /^(?:[aeio]|un(?!i)|ur|us(?!e))/i.test(noun) ? 'an' : 'a';
}
