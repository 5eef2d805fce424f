export { type Reference, referenceReducer } from './reference-reducer.ts'
export { type ReferenceRoutes, referenceRoutes } from './reference-routes.ts'
