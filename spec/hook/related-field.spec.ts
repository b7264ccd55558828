import { Column, Entity, ManyToMany, ManyToOne, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook, type ModelHookOptions } from '../../lib';
import { isMany } from '../../lib/hook/field';
import type { Hook } from '../../lib/hook/hook';
import { catalogOf, dropCatalogs } from './catalog-of';

afterAll(dropCatalogs);

@Entity()
class Shop {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'enum', enum: ['open', 'shut'] })
  state!: string;

  @ManyToMany(() => Stock)
  stocks!: Stock[];
}

@Entity()
class Stock {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', name: 'stock_code' })
  code!: string;

  @ManyToOne(
    () => Shop,
    (shop) => shop.stocks,
  )
  shop!: Shop;

  @OneToMany(
    () => Part,
    (part) => part.stock,
  )
  parts!: Part[];
}

@Entity()
class Part {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'int' })
  weight!: number;

  @ManyToOne(
    () => Stock,
    (stock) => stock.parts,
  )
  stock!: Stock;

  @ManyToMany(() => Shop)
  shops!: Shop[];
}

async function stockHook(options: object): Promise<Hook> {
  class Declared extends Stock {}
  Entity({ name: 'declared' })(Declared);
  ModelHook({ name: 'stock', ...options } as ModelHookOptions)(Declared);
  return (await catalogOf(Declared, Stock, Shop, Part)).get('stock');
}

describe('the fields of related entities', () => {
  it.each<{ path: string; kind: string; many: boolean }>([
    { path: 'shop.id', kind: 'number', many: false },
    { path: 'shop.state', kind: 'text', many: false },
    { path: 'parts.id', kind: 'number', many: true },
    { path: 'parts.weight', kind: 'number', many: true },
    { path: 'parts.stock.id', kind: 'exact', many: true },
    { path: 'parts.stock.name', kind: 'text', many: true },
    { path: 'parts.stock.shop.state', kind: 'text', many: true },
  ])('The field $path compares as $kind', async ({ path, kind, many }) => {
    const field = (await stockHook({ provides: [path] })).fields.get(path);
    expect(field).toMatchObject({ path, kind });
    expect(field && isMany(field)).toBe(many);
  });

  it.each<{ path: string; hint: string }>([
    { path: 'shop.stat', hint: 'known are: shop.id, shop.state. Did you mean "shop.state"?' },
    { path: 'parts.weigth', hint: 'Did you mean "parts.weight"?' },
    { path: 'parts.stock.nam', hint: 'Did you mean "parts.stock.name"?' },
    { path: 'part.weight', hint: 'Did you mean "parts.weight"?' },
    { path: 'parts', hint: 'known are: id, name, code, shop.id.' },
  ])('The unknown field $path is refused: $hint', async ({ path, hint }) => {
    for (const options of [{ provides: [path] }, { provides: ['id'], when: { [path]: 'a' } }])
      await expect(stockHook(options)).rejects.toMatchObject({
        code: 'HOOK_UNKNOWN_FIELD',
        message: expect.stringContaining(hint),
      });
  });

  it('A path through two to-many relations is refused', async () => {
    for (const options of [
      { provides: ['parts.shops.state'] },
      { provides: ['id'], when: { 'parts.shops.state': 'open' } },
    ])
      await expect(stockHook(options)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringContaining("at most one to-many relation; got 'parts.shops.state'"),
      });
  });

  it('A condition on a field of a related entity is checked against its column', async () => {
    for (const when of [{ 'shop.state': 'closed' }, { 'parts.weight': 'heavy' }])
      await expect(stockHook({ provides: ['id'], when })).rejects.toMatchObject({
        code: 'FILTER_OPERAND_INVALID',
      });
  });

  it('A path of a related entity is no sender', async () => {
    await expect(stockHook({ provides: ['id'], sender: 'shop.state' })).rejects.toMatchObject({
      code: 'HOOK_UNKNOWN_FIELD',
    });
  });
});
