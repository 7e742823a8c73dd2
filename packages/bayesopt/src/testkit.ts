/** Testkit of @skein/bayesopt: problems that know their answers. */

export * from './problems.ts';
