/// What becomes of a method's score before the bands of a filter bank add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fusion {
    /// `s·|s|`: correlations, of which the published banks add the squares; a negative one counts
    /// against its target.
    #[default]
    SignedSquare,
    /// `s`: scores that are powers or sums of squares already.
    Plain,
}

impl Fusion {
    /// The score as it is added.
    ///
    /// ```
    /// use evoked::decode::Fusion;
    /// assert_eq!(Fusion::SignedSquare.apply(-0.5), -0.25);
    /// assert_eq!(Fusion::Plain.apply(-0.5), -0.5);
    /// ```
    pub fn apply(self, score: f64) -> f64 {
        match self {
            Fusion::SignedSquare => score * score.abs(),
            Fusion::Plain => score,
        }
    }
}
