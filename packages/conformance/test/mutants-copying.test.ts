import { describeMutants } from './describe-mutants.ts';
import { copyingMutants } from './mutants/copying.ts';

describeMutants('copying', copyingMutants);
