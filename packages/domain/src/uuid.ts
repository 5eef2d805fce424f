/** A UUID in lower case, as we make them and as PostgreSQL writes them. */
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
