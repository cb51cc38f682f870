import { describeRandomRuns } from './random-runs.js';

describeRandomRuns(1);
