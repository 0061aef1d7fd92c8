//! The sizes of tasks that Fargate offers.

use super::resources::Size;

/// For each number of CPU units: the least memory, the most memory, and the step between, in MiB.
///
/// Source: ECS Developer Guide, "Amazon ECS task definition parameters for Fargate", Task size.
const OFFERED: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2_048, 512),
    (512, 1_024, 4_096, 1_024),
    (1_024, 2_048, 8_192, 1_024),
    (2_048, 4_096, 16_384, 1_024),
    (4_096, 8_192, 30_720, 1_024),
    (8_192, 16_384, 61_440, 4_096),
    (16_384, 32_768, 122_880, 8_192),
];

impl Size {
    /// Returns whether Fargate offers tasks of this size.
    pub(crate) fn is_offered_by_fargate(self) -> bool {
        offered().any(|size| size == self)
    }

    /// Returns up to two sizes that Fargate offers and that are nearest to this one: the largest that
    /// is in neither number larger, and the smallest that is in neither number smaller.
    pub(crate) fn nearest_of_fargate(self) -> impl Iterator<Item = Self> {
        let fits_in = |one: &Self, other: &Self| one.cpu <= other.cpu && one.memory <= other.memory;
        let key = |size: &Self| (size.cpu, size.memory);
        let below = offered()
            .filter(|size| fits_in(size, &self))
            .max_by_key(key);
        let above = offered()
            .filter(|size| fits_in(&self, size))
            .min_by_key(key);
        below.into_iter().chain(above)
    }
}

/// Returns all sizes that Fargate offers.
fn offered() -> impl Iterator<Item = Size> {
    OFFERED.into_iter().flat_map(|(cpu, least, most, step)| {
        let memories = (0..=(most - least) / step).map(move |n| least + n * step);
        // The smallest size has 512 MiB, 1 GiB or 2 GiB.
        let memories = memories.filter(move |memory| (cpu, *memory) != (256, 1_536));
        memories.map(move |memory| Size { cpu, memory })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_sizes_are_below_and_above() {
        for (cpu, memory, below, above) in [
            (256, 1_536, Some((256, 1_024)), Some((256, 2_048))),
            (1_024, 16_384, Some((1_024, 8_192)), Some((2_048, 16_384))),
            (1_000, 4_096, Some((512, 4_096)), Some((1_024, 4_096))),
            (128, 128, None, Some((256, 512))),
            (16_384, 200_000, Some((16_384, 122_880)), None),
            (8_192, 20_480, Some((8_192, 20_480)), Some((8_192, 20_480))),
        ] {
            let size = Size { cpu, memory };
            let nearest: Vec<_> = size
                .nearest_of_fargate()
                .map(|it| (it.cpu, it.memory))
                .collect();
            let expected: Vec<_> = below.into_iter().chain(above).collect();
            assert_eq!(nearest, expected, "{cpu} {memory}");
            assert_eq!(size.is_offered_by_fargate(), below == above);
        }
        assert_eq!(offered().count(), 3 + 4 + 7 + 13 + 23 + 12 + 12);
    }
}
