// A real OpenID provider (npm: oidc-provider) for tests: one client, anyone who says a name, groups by name.
// node provider.mjs PORT CONFIG-AS-JSON, in the folder where the package is installed.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const require = createRequire(process.cwd() + '/');
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);

const [port, given] = [Number(process.argv[2]), JSON.parse(process.argv[3])];
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [given.client],
  claims: { openid: ['sub', 'groups'], profile: ['preferred_username'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true, methods: ['S256'] },
  cookies: { keys: ['of a test'] },
  ttl: { AuthorizationCode: 60, IdToken: 300, Session: 600, Interaction: 600, Grant: 600, AccessToken: 300 },
  async findAccount(_ctx, id) {
    return { accountId: id, claims: async () => ({ sub: id, preferred_username: id, groups: given.groups[id] ?? [] }) };
  },
});
provider.listen(port, '127.0.0.1', () => console.log('ready'));
