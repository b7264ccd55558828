import { installedTriggers } from '../../../lib/capture/triggers/installed';

describe('installedTriggers', () => {
  it('The database is not asked if there is no definition', async () => {
    const query = jest.fn();
    expect(await installedTriggers({ query }, [])).toEqual([]);
    expect(query).not.toHaveBeenCalled();
  });
});
