class Home {
  city!: string;
  floor!: number | null;
}

class Author {
  id!: string;
  name!: string;
  mentor!: Author | null;
}

export enum Mood {
  Good = 'good',
  Bad = 'bad',
}

export class Person {
  id!: number;
  name!: string;
  nick?: string | null;
  age!: number | null;
  /** The type that TypeORM returns for a bigint or a decimal column. */
  balance!: string;
  /** The type that a transformer may return. */
  visits!: bigint;
  code!: string | number;
  kind!: 'a' | 'b' | null;
  mood!: Mood;
  active!: boolean;
  at!: Date;
  image!: Buffer | null;
  tags!: string[];
  settings!: { theme: string };
  // biome-ignore lint/suspicious/noExplicitAny: a common type of JSON columns
  extra!: any;
  raw!: unknown;
  home!: Home;
  author!: Author | null;
  editor!: Promise<Author>;
  friends!: Author[];
  greet(): void {}
}

export abstract class Animal {
  name!: string;
}

export class Order {
  total!: number;
}
