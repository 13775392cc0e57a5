import type { Culture } from './names.ts';

export interface Place {
  readonly nationality: string;
  readonly country: string;
  readonly culture: Culture;
  readonly cities: readonly string[];
}

const place = (nationality: string, country: string, culture: Culture, cities: string): Place => ({
  nationality,
  country,
  culture,
  cities: cities.split(', '),
});

export const PLACES: readonly Place[] = [
  place(
    'American',
    'United States',
    'english',
    'Columbus, Portland, San Antonio, Pittsburgh, Tucson, Raleigh',
  ),
  place('British', 'United Kingdom', 'english', 'Leeds, Bristol, Cardiff, Newcastle, Norwich, Glasgow'),
  place('Canadian', 'Canada', 'english', 'Halifax, Winnipeg, Calgary, Hamilton, Victoria'),
  place('Australian', 'Australia', 'english', 'Adelaide, Perth, Hobart, Newcastle, Geelong'),
  place('Irish', 'Ireland', 'english', 'Cork, Galway, Limerick, Dublin'),
  place('Spanish', 'Spain', 'spanish', 'Valencia, Zaragoza, Bilbao, Málaga, Valladolid'),
  place('Mexican', 'Mexico', 'spanish', 'Guadalajara, Puebla, Mérida, Querétaro, Oaxaca'),
  place('Argentine', 'Argentina', 'spanish', 'Rosario, Córdoba, Mendoza, La Plata'),
  place('Colombian', 'Colombia', 'spanish', 'Medellín, Cali, Bucaramanga, Pereira'),
  place('Chilean', 'Chile', 'spanish', 'Valparaíso, Concepción, La Serena, Temuco'),
  place(
    'Brazilian',
    'Brazil',
    'portuguese',
    'Recife, Curitiba, Belo Horizonte, Porto Alegre, Salvador, Campinas',
  ),
  place('Portuguese', 'Portugal', 'portuguese', 'Porto, Braga, Coimbra, Setúbal'),
  place('French', 'France', 'french', 'Lyon, Nantes, Toulouse, Rennes, Grenoble'),
  place('Belgian', 'Belgium', 'french', 'Liège, Namur, Ghent, Brussels'),
  place('German', 'Germany', 'german', 'Leipzig, Bremen, Dortmund, Nuremberg, Kassel'),
  place('Austrian', 'Austria', 'german', 'Graz, Linz, Innsbruck, Vienna'),
  place('Italian', 'Italy', 'italian', 'Bologna, Turin, Bari, Verona, Catania'),
  place('Polish', 'Poland', 'slavic', 'Wrocław, Gdańsk, Łódź, Poznań, Lublin'),
  place('Czech', 'Czechia', 'slavic', 'Brno, Ostrava, Plzeň, Olomouc'),
  place('Ukrainian', 'Ukraine', 'slavic', 'Lviv, Odesa, Dnipro, Poltava'),
  place('Swedish', 'Sweden', 'nordic', 'Malmö, Uppsala, Örebro, Umeå'),
  place('Norwegian', 'Norway', 'nordic', 'Bergen, Trondheim, Stavanger, Tromsø'),
  place('Finnish', 'Finland', 'nordic', 'Tampere, Turku, Oulu, Jyväskylä'),
  place('Indian', 'India', 'indian', 'Pune, Jaipur, Kochi, Lucknow, Indore, Chennai'),
  place('Japanese', 'Japan', 'japanese', 'Sapporo, Fukuoka, Nagoya, Sendai, Kobe'),
  place('Chinese', 'China', 'chinese', 'Chengdu, Xiamen, Nanjing, Qingdao, Kunming'),
  place('Egyptian', 'Egypt', 'arabic', 'Alexandria, Giza, Mansoura, Cairo'),
  place('Moroccan', 'Morocco', 'arabic', 'Fez, Rabat, Tangier, Agadir'),
  place('Nigerian', 'Nigeria', 'african', 'Ibadan, Enugu, Abuja, Port Harcourt'),
  place('Kenyan', 'Kenya', 'african', 'Kisumu, Nakuru, Mombasa, Eldoret'),
  place('Ghanaian', 'Ghana', 'african', 'Kumasi, Accra, Tamale, Cape Coast'),
  place('South African', 'South Africa', 'african', 'Durban, Gqeberha, Bloemfontein, Pretoria'),
  place('Turkish', 'Turkey', 'turkish', 'Izmir, Bursa, Antalya, Eskişehir'),
  place('Vietnamese', 'Vietnam', 'vietnamese', 'Da Nang, Hai Phong, Can Tho, Hue'),
];
