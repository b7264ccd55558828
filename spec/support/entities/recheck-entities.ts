import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
  TableInheritance,
} from 'typeorm';
import { ModelHook } from '../../../lib';

function loud({ name }: Order): string {
  if (name === 'silence') throw new RangeError(`${name} has no sound`);
  return name.toUpperCase();
}

/** Its events hold its key, and it can be soft-removed. */
@Entity()
@ModelHook({
  provides: ['id', 'name', 'size'],
  compute: { loud },
})
export class Order {
  @PrimaryColumn('int')
  id!: number;

  @Column('varchar')
  name!: string;

  @Column('int', { default: 1 })
  size!: number;

  @DeleteDateColumn()
  deletedAt!: Date | null;
}

/** Its events do not hold its key. */
@Entity()
@ModelHook({ provides: ['name'] })
export class Nameless {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column('varchar')
  name!: string;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'type' } })
@ModelHook({ provides: ['id', 'name'] })
export class Animal {
  @PrimaryColumn('int')
  id!: number;

  @Column('varchar')
  name!: string;
}

@ChildEntity()
export class Cat extends Animal {}

@ChildEntity()
@ModelHook({ provides: ['id', 'name', 'bark'] })
export class Dog extends Animal {
  @Column('varchar', { nullable: true })
  bark!: string | null;
}

const AS_JSON = {
  to: (value: { readonly key: string }) => value.key,
  from: (value: string) => ({ key: value }),
};

@Entity()
@ModelHook({ provides: '*' })
export class UuidKey {
  @PrimaryColumn('uuid')
  id!: string;
}

@Entity()
@ModelHook({ provides: '*' })
export class BigintKey {
  @PrimaryColumn('bigint')
  id!: string;
}

@Entity()
@ModelHook({ provides: '*' })
export class TextKey {
  @PrimaryColumn('text')
  id!: string;
}

@Entity()
@ModelHook({ provides: '*' })
export class CharKey {
  @PrimaryColumn('character', { length: 8 })
  id!: string;
}

@Entity()
@ModelHook({ provides: '*' })
export class DateKey {
  @PrimaryColumn('date')
  id!: string;
}

@Entity()
@ModelHook({ provides: '*' })
export class InstantKey {
  @PrimaryColumn('timestamp with time zone')
  id!: Date;
}

@Entity()
@ModelHook({ provides: '*' })
export class NumericKey {
  @PrimaryColumn('numeric')
  id!: string;
}

@Entity()
@ModelHook({ provides: '*' })
export class DoubleKey {
  @PrimaryColumn('double precision')
  id!: number;
}

@Entity()
@ModelHook({ provides: '*' })
export class BytesKey {
  @PrimaryColumn('bytea')
  id!: Buffer;
}

@Entity()
@ModelHook({ provides: '*' })
export class EnumKey {
  @PrimaryColumn({ type: 'enum', enum: ['a', "it's"] })
  id!: string;
}

@Entity()
@ModelHook({ provides: '*' })
export class BooleanKey {
  @PrimaryColumn('boolean')
  id!: boolean;
}

@Entity()
@ModelHook({ provides: '*' })
export class TransformedKey {
  @PrimaryColumn('text', { transformer: AS_JSON })
  id!: { readonly key: string };
}

export class Place {
  @PrimaryColumn('varchar')
  street!: string;

  @PrimaryColumn('int')
  number!: number;
}

@Entity()
@ModelHook({ provides: '*' })
export class EmbeddedKey {
  @Column(() => Place)
  place!: Place;

  @PrimaryColumn('date')
  since!: string;
}

@Entity()
@ModelHook({ provides: ['owner.id', 'day'] })
export class RelationKey {
  @ManyToOne(() => TextKey, { onDelete: 'CASCADE' })
  owner!: Relation<TextKey>;

  @PrimaryColumn('text')
  ownerId!: string;

  @PrimaryColumn('int')
  day!: number;
}
