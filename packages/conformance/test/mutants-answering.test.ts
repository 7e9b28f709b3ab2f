import { describeMutants } from './describe-mutants.ts';
import { answeringMutants } from './mutants/answering.ts';

describeMutants('answering', answeringMutants);
