import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';

/** An entity whose events have a sender, so that its listeners can have owners. */
@Entity()
@ModelHook({
  provides: ['id', 'name', 'weight', 'price', 'isFragile', 'state', 'sentAt', 'notes'],
  sender: 'shop',
  title: 'Parcel',
  description: 'A parcel of a shop.',
})
export class Parcel {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'int', default: 1 })
  weight!: number;

  @Column({ type: 'numeric', nullable: true })
  price!: string | null;

  @Column({ type: 'boolean', default: false })
  isFragile!: boolean;

  @Column({ type: 'enum', enum: ['packed', 'sent', 'lost'], default: 'packed' })
  state!: 'packed' | 'sent' | 'lost';

  @Column({ type: 'timestamptz', nullable: true })
  sentAt!: Date | null;

  @Column({ type: 'jsonb', nullable: true })
  notes!: unknown;

  /** Not provided. */
  @Column({ type: 'varchar' })
  shop!: string;
}

export function parcel(values: Partial<Parcel> = {}): Parcel {
  return Object.assign(new Parcel(), { name: 'Books', shop: 'acme', ...values });
}
