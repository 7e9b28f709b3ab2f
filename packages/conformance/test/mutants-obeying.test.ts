import { describeMutants } from './describe-mutants.ts';
import { obeyingMutants } from './mutants/obeying.ts';

describeMutants('obeying', obeyingMutants);
