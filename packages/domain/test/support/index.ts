export { type Reference, referenceReducer } from './reference-reducer.ts'
