import { installedTriggers } from '../../../lib/capture/triggers/installed';

describe('installedTriggers', () => {
  it('asks the database nothing if there is no definition', async () => {
    const query = jest.fn();
    expect(await installedTriggers({ query }, [])).toEqual([]);
    expect(query).not.toHaveBeenCalled();
  });
});
