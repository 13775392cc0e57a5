/** Given names and surnames of one naming culture, in Latin letters. */
export interface NameList {
  readonly female: readonly string[];
  readonly male: readonly string[];
  readonly family: readonly string[];
}

const words = (text: string) => text.split(' ');

export const NAME_LISTS = {
  english: {
    female: words(
      'Alice Hannah Megan Charlotte Erin Grace Naomi Phoebe Rachel Stella Tessa Violet Beth Louise Ivy Joan',
    ),
    male: words(
      'Adam Callum Daniel Edwin George Henry Jack Leo Martin Nathan Oscar Peter Ryan Simon Toby Walter',
    ),
    family: words(
      'Ashworth Barker Collins Dawson Ellis Fletcher Graham Harding Jennings Kendall Lawson Marsh Norwood Parker Reeves Saunders Thornton Underhill Whitaker Yates',
    ),
  },
  spanish: {
    female: words(
      'Alba Beatriz Carmen Daniela Elena Gabriela Inés Julia Lucía Marisol Noelia Paula Rocío Sofía Teresa Ximena',
    ),
    male: words(
      'Alejandro Bruno Carlos Diego Emilio Fernando Gonzalo Hugo Ignacio Javier Luis Mateo Pablo Rafael Sergio Tomás',
    ),
    family: words(
      'Aguilar Bermúdez Castaño Delgado Escobar Fuentes Gallardo Herrera Ibáñez Jiménez Lozano Montoya Navarro Ortega Peralta Quiroga Romero Salazar Valverde Zamora',
    ),
  },
  portuguese: {
    female: words(
      'Adriana Bianca Camila Débora Fernanda Helena Isadora Joana Larissa Mariana Natália Patrícia Renata Sílvia Tatiana Vanessa',
    ),
    male: words(
      'André Bernardo Caio Eduardo Felipe Gustavo Henrique João Leandro Marcelo Nelson Otávio Paulo Rodrigo Tiago Vinícius',
    ),
    family: words(
      'Almeida Barbosa Cardoso Dias Esteves Figueiredo Gomes Lacerda Machado Nogueira Oliveira Pacheco Queiroz Ribeiro Santana Teixeira Vasconcelos Moreira Tavares Xavier',
    ),
  },
  french: {
    female: words(
      'Amélie Camille Claire Delphine Élodie Fabienne Inès Juliette Léa Manon Nadège Océane Pauline Sandrine Sylvie Yvonne',
    ),
    male: words(
      'Adrien Antoine Baptiste Cédric Damien Étienne Fabrice Guillaume Julien Laurent Mathieu Nicolas Olivier Pascal Rémi Thierry',
    ),
    family: words(
      'Arnaud Blanchard Carpentier Delacroix Fournier Gauthier Hamel Jacquet Lambert Mercier Noël Perrin Renard Rousseau Simonet Tessier Vasseur Charpentier Marchand Leclerc',
    ),
  },
  german: {
    female: words(
      'Anke Birgit Claudia Dagmar Franziska Greta Heike Johanna Katrin Lena Marlene Petra Renate Sabine Ulrike Wiebke',
    ),
    male: words(
      'Andreas Bernd Christoph Dieter Florian Georg Holger Jens Klaus Lukas Matthias Norbert Ralf Stefan Torsten Uwe',
    ),
    family: words(
      'Albrecht Becker Dietrich Engel Friedrich Gerlach Hartmann Keller Lindner Meissner Neumann Pfeiffer Reinhardt Schuster Vogel Winkler Ziegler Brandt Kaufmann Lorenz',
    ),
  },
  italian: {
    female: words(
      'Alessia Benedetta Chiara Donatella Elisa Federica Giulia Ilaria Lucia Martina Noemi Paola Roberta Serena Valentina Viola',
    ),
    male: words(
      'Alberto Bruno Claudio Davide Enrico Fabio Giacomo Lorenzo Marco Nicola Paolo Riccardo Stefano Tommaso Umberto Vittorio',
    ),
    family: words(
      'Amato Bellini Caruso Donati Esposito Fontana Galli Leone Marchetti Negri Pellegrini Ricci Santoro Testa Valentini Zanetti Ferrara Grassi Monti Riva',
    ),
  },
  slavic: {
    female: words(
      'Agnieszka Danuta Ewa Halina Irena Jadwiga Katarzyna Ludmila Magda Natalia Olga Renata Svetlana Tamara Wanda Zofia',
    ),
    male: words(
      'Adam Bogdan Dariusz Grzegorz Igor Jacek Krzysztof Leszek Marek Oleg Pavel Roman Tomasz Viktor Wojciech Zbigniew',
    ),
    family: words(
      'Adamczyk Borkowiak Czerwik Dudek Gorski Jankovic Kaminski Kowalczyk Lisowiec Mazur Nowak Pawlak Petrov Sikora Stepanek Wojcik Zajac Zielinski Kral Horvat',
    ),
  },
  nordic: {
    female: words(
      'Astrid Birgitta Dagny Ebba Frida Gunilla Hilde Ingrid Karin Liv Maja Nanna Ragnhild Signe Solveig Tuva',
    ),
    male: words(
      'Anders Bjørn Einar Fredrik Gunnar Henrik Ivar Jonas Kjell Lars Magnus Nils Olav Rasmus Sven Torbjørn',
    ),
    family: words(
      'Aalto Berglund Dahl Ekström Forsberg Grønning Hagen Isaksson Jensen Korhonen Lindqvist Moen Nyberg Olsen Rasmussen Sandberg Strand Thorsen Virtanen Winther',
    ),
  },
  indian: {
    female: words(
      'Aditi Bhavna Deepika Gauri Ishani Jyoti Kavita Lakshmi Meera Neha Padma Radhika Savita Tanvi Usha Vidya',
    ),
    male: words(
      'Aditya Bharat Chetan Deepak Ganesh Harish Imran Jatin Kiran Manoj Nikhil Prakash Rahul Sanjay Tarun Vikram',
    ),
    family: words(
      'Agarwal Banerjee Chatterjee Desai Goswami Iyer Joshi Kulkarni Malhotra Nair Patel Rao Saxena Sharma Thakur Verma Bose Menon Pillai Reddy',
    ),
  },
  japanese: {
    female: words(
      'Aiko Chiyo Emi Fumiko Hana Haruka Kaori Keiko Mai Megumi Naoko Rika Sakura Tomoko Yoko Yui',
    ),
    male: words(
      'Akira Daichi Eiji Haruto Hiroshi Jun Kazuki Kenta Makoto Naoki Ren Satoshi Shota Takeshi Yusuke Yuto',
    ),
    family: words(
      'Abe Endo Fujita Hasegawa Inoue Kato Kimura Matsumoto Mori Nakajima Ogawa Ono Saito Sasaki Shimizu Takeda Ueda Watanabe Yamaguchi Yoshida',
    ),
  },
  chinese: {
    female: words(
      'Aimei Chunhua Fang Huiling Jiayi Lan Lihua Meiling Ning Qing Rui Shuang Ting Xiaoyan Xue Ying',
    ),
    male: words('Bowen Chao Dawei Feng Guang Haoran Jianguo Jun Kai Liang Ming Peng Qiang Tao Wei Zhiyuan'),
    family: words('Cai Chen Deng Fan Gao Guo He Huang Liang Lin Luo Ma Pan Shen Song Tang Wu Xie Zhao Zhou'),
  },
  arabic: {
    female: words(
      'Aisha Amira Dalia Farida Ghada Hanan Iman Jamila Khadija Layla Mariam Nadia Rania Salma Yasmin Zainab',
    ),
    male: words(
      'Adel Bilal Faisal Ghassan Hassan Ibrahim Jamal Karim Mahmoud Nabil Omar Rashid Samir Tariq Walid Youssef',
    ),
    family: words(
      'Abbas Barakat Darwish Fadel Ghanem Haddad Issa Jaber Khoury Mansour Nasser Qasim Rahman Saleh Shaheen Taha Tannous Yassin Zaki Zayed',
    ),
  },
  african: {
    female: words(
      'Abena Adaeze Akosua Amara Chioma Efua Folake Grace Ifeoma Kemi Ngozi Nia Temitope Thandiwe Wanjiru Zola',
    ),
    male: words(
      'Adebayo Baraka Chinedu Emeka Femi Jabari Kamau Kofi Kwame Lekan Obinna Sipho Tendai Tunde Uche Yaw',
    ),
    family: words(
      'Abara Achebe Adeyemi Boateng Chukwu Danso Eze Gyasi Kariuki Mensah Mutua Mwangi Ncube Nkosi Odhiambo Okafor Osei Owusu Sithole Tutu',
    ),
  },
  turkish: {
    female: words(
      'Aylin Berna Ceren Defne Elif Feride Gül Hande Leyla Melek Nazan Özlem Pelin Selin Tülay Zeynep',
    ),
    male: words(
      'Ahmet Barış Cem Deniz Emre Ferhat Hakan İlker Kemal Levent Murat Onur Selim Tolga Umut Yusuf',
    ),
    family: words(
      'Acar Aksoy Arslan Aydın Bulut Çelik Demir Erdoğan Güneş Kaplan Kaya Korkmaz Özdemir Polat Şahin Taş Toprak Uysal Yıldız Yılmaz',
    ),
  },
  vietnamese: {
    female: words('An Bich Chau Diem Hoa Huong Lan Linh Mai Ngoc Phuong Quynh Thao Thuy Trang Yen'),
    male: words('Bao Cuong Dat Duc Hai Hieu Hung Khoa Long Minh Nam Phuc Quang Son Tuan Viet'),
    family: words('Bui Cao Dang Dao Dinh Do Duong Ha Ho Hoang Lam Le Luong Ly Mai Ngo Nguyen Pham Tran Vo'),
  },
} as const satisfies Record<string, NameList>;

export type Culture = keyof typeof NAME_LISTS;
export const CULTURES = Object.keys(NAME_LISTS) as Culture[];
