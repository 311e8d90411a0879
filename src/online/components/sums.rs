use crate::dsp::vectors::with_vectors;

/// Sums over samples of the filtered signal u, of the templates, and of their products with u and of
/// u with the sinusoids.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    pub(super) count: f64,
    pub(super) of_u: Vec<f64>,
    pub(super) squares: Vec<f64>,
    /// Components × targets.
    pub(super) of_templates: Vec<f64>,
    pub(super) with_templates: Vec<f64>,
    /// Components × columns.
    pub(super) with_sinusoids: Vec<f64>,
}

impl Sums {
    pub(super) fn clear(&mut self) {
        self.count = 0.0;
        let Self { of_u, squares, of_templates, with_templates, with_sinusoids, .. } = self;
        for sums in [of_u, squares, of_templates, with_templates, with_sinusoids] {
            sums.fill(0.0);
        }
    }

    pub(super) fn add(&mut self, u: &[f64], templates: &[Vec<f64>; 2], sample: usize, y: &[f64]) {
        self.count += 1.0;
        let (len, targets) = (self.of_templates.len(), self.of_templates.len() / u.len());
        let [means, projections] = templates;
        let (t, p) = (&means[sample * len..][..len], &projections[sample * len..][..len]);
        with_vectors(
            #[inline(always)]
            || {
                for (component, u) in u.iter().enumerate() {
                    self.of_u[component] += u;
                    self.squares[component] += u * u;
                    let own = component * targets..(component + 1) * targets;
                    let sums = self.of_templates[own.clone()].iter_mut();
                    let sums = sums.zip(&mut self.with_templates[own.clone()]);
                    let values = t[own.clone()].iter().zip(&p[own]);
                    for ((sum, product), (t, p)) in sums.zip(values) {
                        *sum += t + p;
                        *product += u * (t + p);
                    }
                    let products = &mut self.with_sinusoids[component * y.len()..][..y.len()];
                    products.iter_mut().zip(y).for_each(|(sum, value)| *sum += u * value);
                }
            },
        );
    }

    /// The sums of another signal, which is this one less a level of each component.
    pub(super) fn shifted(&mut self, from: &Sums, level: &[f64], of_sinusoids: &[f64]) {
        self.count = from.count;
        self.of_templates.copy_from_slice(&from.of_templates);
        let targets = self.of_templates.len() / level.len();
        let columns = of_sinusoids.len();
        for (component, level) in level.iter().enumerate() {
            let u = from.of_u[component];
            self.of_u[component] = u - level * from.count;
            self.squares[component] =
                from.squares[component] - 2.0 * level * u + level * level * from.count;
            let own = component * targets..(component + 1) * targets;
            for at in own {
                self.with_templates[at] = from.with_templates[at] - level * from.of_templates[at];
            }
            let own = component * columns..(component + 1) * columns;
            let values = from.with_sinusoids[own.clone()].iter().zip(of_sinusoids);
            for (out, (product, sum)) in self.with_sinusoids[own].iter_mut().zip(values) {
                *out = product - level * sum;
            }
        }
    }
}
