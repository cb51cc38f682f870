import { describeRandomRuns } from './random-runs.js';

describeRandomRuns(0);
