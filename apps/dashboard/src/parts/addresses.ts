// Where on these pages a thing of a run is shown.

const of = (run: string): string => `/runs/${encodeURIComponent(run)}`

export const instructionAddress = (run: string, id: string): string => `${of(run)}/instructions?id=${encodeURIComponent(id)}`
export const instructionsAddress = (run: string, query: string): string => `${of(run)}/instructions?${query}`
export const seedAddress = (run: string, seedId: string): string => `${of(run)}/seeds?focus=${encodeURIComponent(seedId)}`
export const batchAddress = (run: string, step: number): string => `${of(run)}/map?step=${step}`
