// @ts-nocheck Vendure is installed in a temporary folder; see main.mjs.
import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/package.json`);
const core = require('@vendure/core');

/** Runs 33 operations of the services of a shop, and returns what failed. */
export async function operate(app, dataSource) {
  const ctx = await app.get(core.RequestContextService).create({ apiType: 'admin' });
  const get = (name) => app.get(core[name]);
  const [products, variants, collections, customers, orders, facets] = [
    'ProductService',
    'ProductVariantService',
    'CollectionService',
    'CustomerService',
    'OrderService',
    'FacetValueService',
  ].map(get);
  const failed = [];
  const results = {};
  const step = async (name, work) => {
    try {
      results[name] = await work();
    } catch (error) {
      failed.push(`${name}: ${error.message}`);
    }
  };
  const first = async (repository, where = {}) =>
    dataSource.getRepository(core[repository]).findOne({ where, order: { id: 'ASC' } });
  const product = await first('Product');
  const variant = await first('ProductVariant');
  const value = await first('FacetValue');
  const languageCode = 'en';
  await step('update product', () => products.update(ctx, { id: product.id, enabled: false }));
  await step('rename product', () =>
    products.update(ctx, {
      id: product.id,
      translations: [{ languageCode, name: 'Renamed', slug: 'renamed', description: 'd' }],
    }),
  );
  await step('tag product', () =>
    products.update(ctx, { id: product.id, facetValueIds: [value.id] }),
  );
  await step('create product', () =>
    products.create(ctx, {
      translations: [{ languageCode, name: 'New', slug: 'new', description: '' }],
    }),
  );
  await step('translate product', () =>
    products.update(ctx, {
      id: results['create product'].id,
      translations: [{ languageCode: 'de', name: 'Neu', slug: 'neu', description: '' }],
    }),
  );
  await step('create variant', () =>
    variants.create(ctx, [
      {
        productId: results['create product'].id,
        sku: 'n1',
        price: 100,
        stockOnHand: 5,
        translations: [{ languageCode, name: 'New variant' }],
      },
    ]),
  );
  await step('update variant', () =>
    variants.update(ctx, [{ id: variant.id, price: 777, sku: 'changed' }]),
  );
  await step('stock of variant', () =>
    variants.update(ctx, [{ id: variant.id, stockOnHand: 50, trackInventory: 'TRUE' }]),
  );
  await step('disable variants', () => variants.update(ctx, [{ id: variant.id, enabled: false }]));
  await step('enable variants', () => variants.update(ctx, [{ id: variant.id, enabled: true }]));
  await step('delete variant', () => variants.softDelete(ctx, results['create variant'][0].id));
  await step('delete product', () => products.softDelete(ctx, results['create product'].id));
  await step('enable product', () => products.update(ctx, { id: product.id, enabled: true }));
  await step('update facet value', () =>
    facets.update(ctx, {
      id: value.id,
      code: 'changed',
      translations: [{ languageCode, name: 'changed' }],
    }),
  );
  await step('create collection', () =>
    collections.create(ctx, {
      isPrivate: false,
      filters: [],
      translations: [{ languageCode, name: 'c', slug: 'c', description: '' }],
    }),
  );
  await step('update collection', () =>
    collections.update(ctx, { id: results['create collection'].id, isPrivate: true }),
  );
  await step('move collection', async () => {
    const parent = await first('Collection', { isRoot: false });
    return collections.move(ctx, {
      collectionId: results['create collection'].id,
      parentId: parent.id,
      index: 0,
    });
  });
  await step('delete collection', () => collections.delete(ctx, results['create collection'].id));
  await step('create customer', () =>
    customers.create(ctx, { firstName: 'Joe', lastName: 'Doe', emailAddress: 'j@example.com' }),
  );
  await step('update customer', () =>
    customers.update(ctx, { id: results['create customer'].id, firstName: 'Jo' }),
  );
  await step('create address', () =>
    customers.createAddress(ctx, results['create customer'].id, {
      fullName: 'Joe',
      streetLine1: 's',
      countryCode: 'GB',
      defaultShippingAddress: true,
    }),
  );
  await step('second address', () =>
    customers.createAddress(ctx, results['create customer'].id, {
      fullName: 'Joe',
      streetLine1: 't',
      countryCode: 'GB',
      defaultShippingAddress: true,
      defaultBillingAddress: true,
    }),
  );
  await step('update address', () =>
    customers.updateAddress(ctx, { id: results['create address'].id, city: 'Rome' }),
  );
  await step('delete address', () => customers.deleteAddress(ctx, results['second address'].id));
  await step('create order', () => orders.create(ctx, results['create customer'].userId));
  await step('add item', () =>
    orders.addItemToOrder(ctx, results['create order'].id, variant.id, 2),
  );
  await step('adjust line', async () => {
    const line = await first('OrderLine');
    return orders.adjustOrderLine(ctx, results['create order'].id, line.id, 4);
  });
  await step('shipping address', () =>
    orders.setShippingAddress(ctx, results['create order'].id, {
      fullName: 'J',
      streetLine1: 's',
      countryCode: 'GB',
    }),
  );
  await step('customer of order', () =>
    orders.addCustomerToOrder(ctx, results['create order'].id, results['create customer']),
  );
  await step('shipping method', async () => {
    const methods = await orders.getEligibleShippingMethods(ctx, results['create order'].id);
    return orders.setShippingMethod(ctx, results['create order'].id, [methods[0].id]);
  });
  await step('arrange payment', () =>
    orders.transitionToState(ctx, results['create order'].id, 'ArrangingPayment'),
  );
  await step('cancel order', () =>
    orders.cancelOrder(ctx, { orderId: results['create order'].id, reason: 'r' }),
  );
  await step('delete customer', () => customers.softDelete(ctx, results['create customer'].id));
  return failed;
}
