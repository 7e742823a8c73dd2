/** Conformance kits of the contracts that @skein/rl owns. Import them from tests. */

export { environmentConformance } from './testkit/environment.ts';
