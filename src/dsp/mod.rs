//! Filters, spectra and the small linear algebra the decoders need.
