/** An invented country with the traits of TinyTroupe's population files: bands, nested shares, rates, prose, lists. */
export const exampleDemography = {
  title: 'Velmora, people and habits',
  description: 'An overview of an invented country.',
  source: 'made up',
  content: {
    Demographics: {
      Country: 'Portugal',
      'Population Size': '3.1 million',
      'Age Distribution': { '0-14': '17.2%', '15-24': '11.8%', '25-64': '52.9%', '65+': '18.1%' },
      'Gender Distribution': { Male: '48.7%', Female: '51.3%' },
      'Ethnic Composition': { Velm: '81.3%', Orran: '11.0%', Teshi: '6.9%', Kell: '0.4%' },
      'Educational Attainment': { 'Secondary School or Higher': '71%', "Master's Degree or Higher": '12%' },
      'Household Income': {
        'Median Income': '€31,400 EUR',
        Distribution: {
          'Under €15,000': '21.5%',
          '€15,000-€39,999': '46.1%',
          '€40,000 to €89,999': '25.4%',
          '€90,000 and Over': '7.0%',
        },
      },
      'Geographic Distribution': {
        Urban: '64%',
        Rural: '36%',
        Regions: { North: '40.5%', Coast: '38.2%', Islands: '21.3%' },
      },
      'Employment Status': { 'Labor Force Participation Rate': '60.2%', 'Unemployment Rate': '39.8%' },
    },
    'Political Affiliation': { Green: '44%', Blue: '41.5%', Independent: '38%' },
    Religion: {
      Christian: { Total: '50%', Catholic: '34%', Orthodox: '13%', Other: '4%' },
      'Non-Christian': { Muslim: '3%', Other: '2%' },
      Unaffiliated: '45%',
    },
    Pastimes: {
      Reading: '41%',
      Sailing: '37%',
      Chess: '35%',
      Sports: ['Football', 'Rowing'],
      Outings: ['Dinner, dancing', 'Concerts'],
    },
    Habits: { Snack: 'Figs (preferred by 59%)', Sleep: 'Short\nin summer' },
    Opinions: {
      Inflation: { 'A big problem': '70%', Source: 'a poll' },
      'Climate Change': { 'Viewed as a priority': { Greens: '78%', Blues: '21%' }, Source: 'a poll' },
      'The Economy': { Poor: '33%', Fair: '45%', Good: '21%', Source: 'a poll' },
      'The Schools': { Poor: '20%', Fair: '45%', Good: '35%', Note: 'of those with children' },
    },
  },
};
