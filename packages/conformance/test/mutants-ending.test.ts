import { describeMutants } from './describe-mutants.ts';
import { endingMutants } from './mutants/ending.ts';

describeMutants('ending', endingMutants);
