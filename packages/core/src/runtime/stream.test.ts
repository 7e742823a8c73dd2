import { streamConformance, streamConformanceTasks } from '../testkit/runtime-streams.ts';
import { localRuntime } from './local.ts';

streamConformance('local runtime', () => localRuntime({ threads: 3, tasks: [streamConformanceTasks], graceMs: 200 }));
