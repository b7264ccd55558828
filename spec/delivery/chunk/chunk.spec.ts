import { v5 as uuidv5, v7 as uuidv7, version } from 'uuid';
import { deliveryId } from '../../../lib/delivery/chunk/chunk';

describe('deliveryId', () => {
  const [event, listener] = [uuidv7(), uuidv7()];

  it('The id of a delivery is always the uuid v5 of its event and listener', () => {
    expect(deliveryId(event, listener)).toBe(uuidv5(listener, event));
    expect(deliveryId(event, listener)).toBe(deliveryId(event, listener));
    expect(version(deliveryId(event, listener))).toBe(5);
  });

  it('The id differs for another event, another listener and the reverse order', () => {
    const ids = [
      deliveryId(event, listener),
      deliveryId(uuidv7(), listener),
      deliveryId(event, uuidv7()),
      deliveryId(listener, event),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
