import { v5 as uuidv5, v7 as uuidv7, version } from 'uuid';
import { deliveryId } from '../../../lib/delivery/chunk/chunk';

describe('deliveryId', () => {
  const [event, listener] = [uuidv7(), uuidv7()];

  it('is the uuid v5 of event and listener, the same whoever asks', () => {
    expect(deliveryId(event, listener)).toBe(uuidv5(listener, event));
    expect(deliveryId(event, listener)).toBe(deliveryId(event, listener));
    expect(version(deliveryId(event, listener))).toBe(5);
  });

  it('is another one for another event, listener or order of the two', () => {
    const ids = [
      deliveryId(event, listener),
      deliveryId(uuidv7(), listener),
      deliveryId(event, uuidv7()),
      deliveryId(listener, event),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
