import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';

@Entity()
@ModelHook({ provides: ['name', 'address'] })
export class Person {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', nullable: true })
  address!: string | null;

  @Column({ type: 'varchar', nullable: true })
  secret!: string | null;
}

export function person(values: Partial<Person> = {}): Person {
  return Object.assign(new Person(), { name: 'Joe', ...values });
}
