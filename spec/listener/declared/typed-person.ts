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
  /** As TypeORM gives a bigint or a decimal column. */
  balance!: string;
  /** As a transformer may give it. */
  visits!: bigint;
  code!: string | number;
  kind!: 'a' | 'b' | null;
  mood!: Mood;
  active!: boolean;
  at!: Date;
  image!: Buffer | null;
  tags!: string[];
  settings!: { theme: string };
  // biome-ignore lint/suspicious/noExplicitAny: what a JSON column is often declared as
  extra!: any;
  raw!: unknown;
  home!: Home;
  author!: Author | null;
  editor!: Promise<Author>;
  greet(): void {}
}

export abstract class Animal {
  name!: string;
}

export class Order {
  total!: number;
}
