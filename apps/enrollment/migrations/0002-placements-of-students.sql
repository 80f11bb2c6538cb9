-- Whoever asks what is kept about them has their drops read too, so the index is about all of a student's placements.
create index placement_by_student on placement (student, section_id);
drop index placement_of_student;
