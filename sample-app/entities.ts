import { Column, Entity, ManyToOne, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from 'typeorm-model-hooks';

export type Currencies = Readonly<Record<string, { name: string; symbol: string }>>;

/**
 * Only the fields that `provides` names are sent, so `secret` is never sent. Column types are explicit because tsx emits no
 * decorator metadata for TypeORM. The hooks do not need that metadata.
 */
@Entity()
@ModelHook({
  provides: ['code', 'name', 'region', 'capital', 'area', 'landlocked', 'currencies'],
  ref: (country: Country) => `https://world.example/countries/${country.code}`,
})
export class Country {
  /** ISO 3166-1 alpha-3. A primary key is sent only because `provides` names it. */
  @PrimaryColumn({ type: 'varchar', length: 3 })
  code!: string;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar' })
  region!: string;

  @Column({ type: 'varchar', nullable: true })
  capital!: string | null;

  /** Square kilometres. */
  @Column({ type: 'double precision' })
  area!: number;

  @Column({ type: 'boolean' })
  landlocked!: boolean;

  @Column({ type: 'jsonb' })
  currencies!: Currencies;

  @Column({ type: 'varchar' })
  secret!: string;
}

@Entity()
@ModelHook({ provides: ['name', 'isCapital', 'country.code'] })
export class City {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'boolean' })
  isCapital!: boolean;

  @ManyToOne(() => Country, { nullable: false })
  country!: Country;

  @Column({ type: 'varchar' })
  secret!: string;
}
